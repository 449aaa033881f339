package io.millrace.cache;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Room in the cache: the budget, the disk's own free space, and the dropping of files for it. One
 * thread at a time makes room, so that no two drop more than is needed.
 */
final class CacheSpace {

    /** Drops a file that nobody uses; false: it is used, or gone already. */
    interface Dropper {
        boolean drop(CacheEntry entry) throws IOException;
    }

    private static final Logger LOG = System.getLogger(CacheSpace.class.getName());

    /** Rounds in which every victim turned out to be in use; each round finds others. */
    private static final int REFUSALS = 16;

    private static final long SAMPLE_BYTES = 64L << 20;
    private static final long SAMPLE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final CacheIndex index;
    private final CacheSettings settings;
    private final Dropper dropper;
    private final ReentrantLock evicting = new ReentrantLock();
    private final LongAdder reservedSinceSample = new LongAdder();
    private volatile long sampledNanos;

    CacheSpace(CacheIndex index, CacheSettings settings, Dropper dropper) {
        this.index = index;
        this.settings = settings;
        this.dropper = dropper;
    }

    /** Takes bytes of the budget, dropping unused files for it; false: they find no room. */
    boolean reserve(long bytes) {
        reservedSinceSample.add(bytes);
        if (reservedSinceSample.sum() > SAMPLE_BYTES
                || System.nanoTime() - sampledNanos > SAMPLE_NANOS) {
            sampleDisk();
        }
        if (index.reserve(bytes)) {
            return true;
        }
        evicting.lock();
        try {
            int refusals = 0;
            while (!index.reserve(bytes)) {
                List<CacheEntry> victims = index.victims(bytes);
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
                any |= dropper.drop(victim);
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
        sampledNanos = System.nanoTime();
        long usable = settings.directory().toFile().getUsableSpace();
        index.diskHasRoomFor(usable - settings.freeSpaceReserve().bytes());
    }

    /** Drops what is over the budget. */
    void trim() {
        evicting.lock();
        try {
            evict(index.victims(0));
        } finally {
            evicting.unlock();
        }
    }

    /** The disk has said that it is full, whatever the last sample was. */
    void diskIsFull() {
        index.diskHasRoomFor(0);
        sampledNanos = System.nanoTime();
    }
}
