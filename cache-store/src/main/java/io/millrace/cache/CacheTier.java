package io.millrace.cache;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One of a cache's directories; the first is the fastest.
 *
 * <p>It is retired when its disk fails: nothing is read from it or written to it from then on.
 */
final class CacheTier {

    private final int number;
    private final CacheDirectory directory;
    private final CacheDirectorySettings settings;
    private final AtomicBoolean retired = new AtomicBoolean();

    /**
     * @param number its place in the order, from 0 on
     */
    CacheTier(int number, CacheDirectory directory, CacheDirectorySettings settings) {
        this.number = number;
        this.directory = directory;
        this.settings = settings;
    }

    int number() {
        return number;
    }

    CacheDirectory directory() {
        return directory;
    }

    CacheLayout layout() {
        return directory.layout();
    }

    CacheDirectorySettings settings() {
        return settings;
    }

    Path path() {
        return settings.directory();
    }

    boolean isRetired() {
        return retired.get();
    }

    /** False: it was retired before. */
    boolean retire() {
        return retired.compareAndSet(false, true);
    }
}
