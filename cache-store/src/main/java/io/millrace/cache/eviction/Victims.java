package io.millrace.cache.eviction;

import java.util.Arrays;
import java.util.function.IntToLongFunction;

/** Gathers files to drop until they free enough. */
final class Victims {

    private final IntToLongFunction evictable;
    private final long wanted;
    private int[] files = new int[16];
    private int count;
    private long freed;

    /**
     * @param wanted bytes to free
     * @param evictable bytes that dropping a file frees now; 0: it cannot be dropped
     */
    Victims(long wanted, IntToLongFunction evictable) {
        this.wanted = wanted;
        this.evictable = evictable;
    }

    /** Takes a file, if it can be dropped. */
    void offer(int file) {
        long bytes = evictable.applyAsLong(file);
        if (bytes > 0) {
            if (count == files.length) {
                files = Arrays.copyOf(files, 2 * count);
            }
            files[count++] = file;
            freed += bytes;
        }
    }

    boolean areEnough() {
        return freed >= wanted;
    }

    int[] files() {
        return Arrays.copyOf(files, count);
    }
}
