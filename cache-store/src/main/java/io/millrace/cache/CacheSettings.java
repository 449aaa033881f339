package io.millrace.cache;

import static java.util.Objects.requireNonNull;

import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.ByteCount;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What one cache may use.
 *
 * @param directories 1 to 16, each another one, the fastest first
 * @param sync when data is made durable
 * @param openFiles most files kept open beyond those in use, 0 to 1,000,000
 * @param eviction of files whose {@link io.millrace.cache.eviction.CacheClass} names no policy
 * @param scrubRate most bytes of each directory verified in the background, each second; 0: none
 */
public record CacheSettings(
        List<CacheDirectorySettings> directories,
        SyncPolicy sync,
        int openFiles,
        EvictionKind eviction,
        ByteCount scrubRate) {

    private static final int MOST_DIRECTORIES = 16;

    public CacheSettings {
        directories = List.copyOf(directories);
        requireNonNull(sync);
        requireNonNull(eviction);
        requireNonNull(scrubRate);
        if (directories.isEmpty() || directories.size() > MOST_DIRECTORIES) {
            throw new IllegalArgumentException(
                    directories.size() + " cache directories: 1 to " + MOST_DIRECTORIES);
        }
        Set<Path> paths = new HashSet<>();
        for (CacheDirectorySettings directory : directories) {
            if (!paths.add(directory.directory())) {
                throw new IllegalArgumentException(
                        "cache directory " + directory.directory() + " is named twice");
            }
        }
        if (openFiles < 0 || openFiles > 1_000_000) {
            throw new IllegalArgumentException(openFiles + " open files: 0 to 1,000,000");
        }
    }

    /** One directory, with eviction for epochs, not scrubbed. */
    public CacheSettings(
            Path directory,
            ByteCount capacity,
            ByteCount freeSpaceReserve,
            SyncPolicy sync,
            int openFiles) {
        this(
                List.of(new CacheDirectorySettings(directory, capacity, freeSpaceReserve)),
                sync,
                openFiles,
                EvictionKind.EPOCH,
                new ByteCount(0));
    }

    /** No reserve, data synced before a file is complete, 512 open files. */
    public static CacheSettings of(Path directory, ByteCount capacity) {
        return new CacheSettings(directory, capacity, new ByteCount(0), SyncPolicy.COMPLETE, 512);
    }

    /** Of all directories together. */
    public long capacityBytes() {
        return directories.stream().mapToLong(each -> each.capacity().bytes()).sum();
    }

    /** As this, with another eviction. */
    public CacheSettings with(EvictionKind other) {
        return new CacheSettings(directories, sync, openFiles, other, scrubRate);
    }
}
