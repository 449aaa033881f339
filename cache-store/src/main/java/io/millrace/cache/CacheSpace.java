package io.millrace.cache;

import io.millrace.cache.eviction.CacheClass;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Room in one cache directory: the budget, the disk's own free space, and the dropping or moving of
 * files for it. One thread at a time makes room, so that no two drop more than is needed.
 */
final class CacheSpace {

    /** Takes a file that nobody uses out of the directory; false: it is used, or gone already. */
    interface Clearing {
        boolean clear(CacheEntry entry) throws IOException;
    }

    private static final Logger LOG = System.getLogger(CacheSpace.class.getName());

    /** Rounds in which every victim turned out to be in use; each round finds others. */
    private static final int REFUSALS = 16;

    private static final long SAMPLE_BYTES = 64L << 20;
    private static final long SAMPLE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final CacheIndex index;
    private final CacheTier tier;
    private final Clearing clearing;
    private final LongSupplier nanoTime;
    private final ReentrantLock evicting = new ReentrantLock();
    private final LongAdder reservedSinceSample = new LongAdder();
    private volatile long sampledNanos;

    CacheSpace(CacheIndex index, CacheTier tier, Clearing clearing, LongSupplier nanoTime) {
        this.index = index;
        this.tier = tier;
        this.clearing = clearing;
        this.nanoTime = nanoTime;
    }

    /**
     * Takes bytes of the budget, and unused files out for it as far as {@code newcomer} may
     * displace them; false: they find no room.
     */
    boolean reserve(long bytes, CacheClass newcomer) {
        reservedSinceSample.add(bytes);
        if (reservedSinceSample.sum() > SAMPLE_BYTES
                || nanoTime.getAsLong() - sampledNanos > SAMPLE_NANOS) {
            sampleDisk();
        }
        if (index.reserve(tier, bytes)) {
            return true;
        }
        evicting.lock();
        try {
            int refusals = 0;
            while (!index.reserve(tier, bytes)) {
                List<CacheEntry> victims = index.victims(tier, newcomer, bytes);
                refusals = evict(victims) ? 0 : refusals + 1;
                if (victims.isEmpty() || refusals == REFUSALS) {
                    return false;
                }
            }
            return true;
        } finally {
            evicting.unlock();
        }
    }

    /** Whether at least one was dropped. */
    private boolean evict(List<CacheEntry> victims) {
        boolean any = false;
        for (CacheEntry victim : victims) {
            try {
                any |= clearing.clear(victim);
            } catch (IOException e) {
                LOG.log(
                        Level.WARNING,
                        "cache file={0} cannot be unlinked: {1}",
                        victim.version,
                        e.getMessage());
            }
        }
        return any;
    }

    void sampleDisk() {
        reservedSinceSample.reset();
        sampledNanos = nanoTime.getAsLong();
        long usable = tier.path().toFile().getUsableSpace();
        index.diskHasRoomFor(tier, usable - tier.settings().freeSpaceReserve().bytes());
    }

    /** Drops what is over the budget. */
    void trim() {
        evicting.lock();
        try {
            evict(index.excess(tier));
        } finally {
            evicting.unlock();
        }
    }

    /** The disk has said that it is full, whatever the last sample was. */
    void diskIsFull() {
        index.diskHasRoomFor(tier, 0);
        sampledNanos = nanoTime.getAsLong();
    }
}
