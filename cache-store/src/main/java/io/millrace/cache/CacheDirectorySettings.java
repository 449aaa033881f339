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
 */
public record CacheDirectorySettings(
        Path directory, ByteCount capacity, ByteCount freeSpaceReserve) {

    public CacheDirectorySettings {
        directory = directory.toAbsolutePath().normalize();
        requireNonNull(freeSpaceReserve);
        if (capacity.bytes() <= 0) {
            throw new IllegalArgumentException("cache capacity is 0");
        }
    }
}
