package io.millrace.cache;

import io.millrace.cache.eviction.CacheClass;
import io.millrace.cache.eviction.Eviction;
import io.millrace.cache.eviction.EvictionKind;
import java.util.Arrays;
import java.util.function.IntToLongFunction;

/** What one cache directory holds, and may. Guarded by the index's lock. */
final class TierBudget {

    final CacheTier tier;
    final Eviction eviction;
    private final IntToLongFunction sizeOf;
    long used;
    long files;
    private long evictedFiles;
    private long evictedBytes;
    private long diskLimit = Long.MAX_VALUE;

    /**
     * @param sizeOf resident bytes of a file of the table
     */
    TierBudget(CacheTier tier, EvictionKind eviction, IntToLongFunction sizeOf) {
        this.tier = tier;
        this.sizeOf = sizeOf;
        this.eviction = new Eviction(eviction, tier.settings().capacity().bytes(), sizeOf);
    }

    /** Bytes that are free; negative: it holds too many. */
    long room() {
        return tier.isRetired()
                ? 0
                : Math.min(tier.settings().capacity().bytes(), diskLimit) - used;
    }

    /** The disk itself has room for {@code bytes} more, or lacks as many when negative. */
    void diskHasRoomFor(long bytes) {
        diskLimit = used + bytes;
    }

    /** Files that make room for a newcomer; none when it may not displace enough. */
    int[] victims(CacheClass newcomer, long bytes, IntToLongFunction evictable) {
        long needed = bytes - room();
        int[] victims = eviction.victims(newcomer, needed, evictable);
        long freed = Arrays.stream(victims).mapToLong(sizeOf::applyAsLong).sum();
        return freed < needed ? new int[0] : victims;
    }

    /** Files that are too many. */
    int[] excess(IntToLongFunction evictable) {
        return eviction.excess(-room(), evictable);
    }

    /** A file lies here no more; its bytes may be used still. */
    void removed(int file, long identity, CacheIndex.Gone gone) {
        files--;
        if (gone == CacheIndex.Gone.EVICTED) {
            evictedFiles++;
            evictedBytes += sizeOf.applyAsLong(file);
            eviction.evict(file, identity);
        } else {
            eviction.remove(file);
        }
    }

    CacheUsage.OfDirectory usage() {
        return new CacheUsage.OfDirectory(
                tier.path(),
                tier.settings().capacity().bytes(),
                used,
                files,
                evictedFiles,
                evictedBytes,
                tier.isRetired());
    }
}
