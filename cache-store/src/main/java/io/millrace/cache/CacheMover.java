package io.millrace.cache;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Moves complete files between the directories of a cache: down instead of dropping them for room,
 * and up when they are read again. A file moves only while nobody else has it open; whoever opened
 * it by name reads on, since names are only ever unlinked.
 *
 * <p>Upwards files go one at a time in the background, so that reading costs each disk at most what
 * one copy does; what finds the queue full stays until it is read again.
 */
final class CacheMover {

    private static final Logger LOG = System.getLogger(CacheMover.class.getName());
    private static final int WAITING = 64;

    /** For a promotion, and a demotion beside it. */
    private static final int BUFFERS = 2;

    private final CacheIndex index;
    private final List<CacheTier> tiers;
    private final List<CacheSpace> spaces;
    private final CacheDropper dropper;
    private final SyncPolicy sync;
    private final Consumer<CacheEntry> release;
    private final BooleanSupplier closed;
    private final ExecutorService promotions;
    private final ChunkBuffers buffers = new ChunkBuffers(BUFFERS);
    private final AtomicLong copies = new AtomicLong();
    private final LongAdder promotedBytes = new LongAdder();
    private final LongAdder demotedBytes = new LongAdder();
    private final LongAdder corruptChunks = new LongAdder();

    /**
     * @param spaces of the tiers, in their order
     * @param release gives a reference of an entry back
     */
    CacheMover(
            CacheIndex index,
            List<CacheTier> tiers,
            List<CacheSpace> spaces,
            CacheDropper dropper,
            SyncPolicy sync,
            Consumer<CacheEntry> release,
            BooleanSupplier closed,
            CacheSurroundings surroundings) {
        this.index = index;
        this.tiers = tiers;
        this.spaces = spaces;
        this.dropper = dropper;
        this.sync = sync;
        this.release = release;
        this.closed = closed;
        this.promotions = surroundings.pool("cache-promotion", 1, WAITING);
    }

    /** Makes room where an unused file lies: by moving it down, or else by dropping it. */
    boolean clear(CacheEntry victim) throws IOException {
        return demote(victim) || dropper.evict(victim);
    }

    private boolean demote(CacheEntry victim) {
        List<CacheTier> below = tiers.subList(victim.tier().number() + 1, tiers.size());
        if (below.isEmpty() || !index.knowsAll() || !index.holdUnused(victim)) {
            return false;
        }
        try {
            for (CacheTier tier : below) {
                if (hasPlace(tier, victim) && move(victim, tier)) {
                    demotedBytes.add(victim.length);
                    return true;
                }
            }
            return victim.dropped;
        } finally {
            release.accept(victim);
        }
    }

    /**
     * Moves a file up soon, if it was opened before and there is a place for it; the caller has it
     * open.
     */
    void promoteSoon(CacheEntry entry) {
        int number = entry.tier().number();
        if (number == 0 || !index.wasRead(entry) || !index.knowsAll() || closed.getAsBoolean()) {
            return;
        }
        for (CacheTier tier : tiers.subList(0, number)) {
            if (hasPlace(tier, entry)) {
                index.hold(entry);
                try {
                    promotions.execute(() -> promote(entry, tier));
                } catch (RejectedExecutionException e) {
                    release.accept(entry);
                }
                return;
            }
        }
    }

    private void promote(CacheEntry entry, CacheTier tier) {
        try {
            if (!closed.getAsBoolean() && move(entry, tier)) {
                promotedBytes.add(entry.length);
            }
        } finally {
            release.accept(entry);
        }
    }

    private boolean hasPlace(CacheTier tier, CacheEntry entry) {
        return !tier.isRetired()
                && entry.length <= tier.settings().capacity().bytes()
                && (index.hasRoom(tier, entry.length) || index.mayDisplace(tier, entry.cacheClass));
    }

    /** The caller has a reference; false: it stays where it is, or was dropped as corrupt. */
    private boolean move(CacheEntry entry, CacheTier to) {
        CacheTier from = entry.tier();
        long bytes = entry.length;
        if (entry.kind != CacheEntry.Kind.COMPLETE
                || from == to
                || !spaces.get(to.number()).reserve(bytes, entry.cacheClass)) {
            return false;
        }
        CacheCopy copy =
                new CacheCopy(
                        copies.incrementAndGet(),
                        entry.version,
                        bytes,
                        from.directory(),
                        to.directory());
        boolean moved = false;
        try {
            if (dropper.isHeld(entry)) {
                return false;
            }
            if (!copy.write(sync, buffers)) {
                LOG.log(
                        Level.WARNING,
                        "cache file={0} has a wrong checksum: dropped",
                        entry.version);
                if (dropper.drop(entry, CacheIndex.Users.ANY)) {
                    corruptChunks.increment();
                }
                return false;
            }
            moved = commit(entry, copy, to);
            return moved;
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "cache file={0} not moved to {1}: {2}",
                    entry.version,
                    to.path(),
                    e.getMessage());
            return false;
        } finally {
            if (!moved) {
                abandon(copy);
                index.unreserve(to, bytes);
            }
        }
    }

    private boolean commit(CacheEntry entry, CacheCopy copy, CacheTier to) throws IOException {
        entry.files.lock();
        try {
            CacheTier from = entry.tier();
            if (entry.dropped || to.isRetired() || !index.isUsedBy(entry, 1)) {
                return false;
            }
            copy.commit();
            entry.closeFiles();
            index.moved(entry, to);
            try {
                entry.unlink(from.layout());
            } catch (IOException e) {
                LOG.log(
                        Level.WARNING,
                        "cache file={0} cannot be unlinked in {1}: {2}",
                        entry.version,
                        from.path(),
                        e.getMessage());
            }
            return true;
        } finally {
            entry.files.unlock();
        }
    }

    private static void abandon(CacheCopy copy) {
        try {
            copy.abandon();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a copy was left for recovery: {0}", e.getMessage());
        }
    }

    long promotedBytes() {
        return promotedBytes.sum();
    }

    long demotedBytes() {
        return demotedBytes.sum();
    }

    long corruptChunks() {
        return corruptChunks.sum();
    }

    /** Takes no more; false: what is under way has not ended in that time. */
    boolean end(long millis) throws InterruptedException {
        promotions.shutdown();
        return promotions.awaitTermination(millis, TimeUnit.MILLISECONDS);
    }
}
