package io.millrace.cache;

import io.millrace.cache.eviction.Eviction;
import io.millrace.cache.eviction.EvictionKind;
import java.util.function.IntToLongFunction;

/** What one cache directory holds, and may. Guarded by the index's lock. */
final class TierBudget {

    final CacheTier tier;
    final Eviction eviction;
    long used;
    long files;
    long evictedFiles;
    long evictedBytes;
    private long diskLimit = Long.MAX_VALUE;

    /**
     * @param sizeOf resident bytes of a file of the table
     */
    TierBudget(CacheTier tier, EvictionKind eviction, IntToLongFunction sizeOf) {
        this.tier = tier;
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
