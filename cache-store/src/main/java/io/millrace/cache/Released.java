package io.millrace.cache;

/** What a {@link CacheIndex#release} leaves to do, outside the index's lock. */
sealed interface Released {
    record Nothing() implements Released {}

    /**
     * This entry's files are to be closed, if it is still unused, and {@link CacheIndex#fold}
     * called.
     */
    record Close(CacheEntry entry) implements Released {}
}
