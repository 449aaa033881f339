package io.millrace.cache;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ByteCount;
import java.nio.file.Path;

/**
 * What one cache directory may use.
 *
 * @param directory made when it is not there
 * @param capacity most bytes of cached content; more than 0
 * @param freeSpaceReserve bytes of the disk that the cache leaves free for others
 * @param sync when data is made durable
 * @param openFiles most files kept open beyond those in use, 0 to 1,000,000
 */
public record CacheSettings(
        Path directory,
        ByteCount capacity,
        ByteCount freeSpaceReserve,
        SyncPolicy sync,
        int openFiles) {

    public CacheSettings {
        directory = directory.toAbsolutePath().normalize();
        requireNonNull(sync);
        requireNonNull(freeSpaceReserve);
        if (capacity.bytes() <= 0) {
            throw new IllegalArgumentException("cache capacity is 0");
        }
        if (openFiles < 0 || openFiles > 1_000_000) {
            throw new IllegalArgumentException(openFiles + " open files: 0 to 1,000,000");
        }
    }

    /** No reserve, data synced before a file is complete, 512 open files. */
    public static CacheSettings of(Path directory, ByteCount capacity) {
        return new CacheSettings(directory, capacity, new ByteCount(0), SyncPolicy.COMPLETE, 512);
    }
}
