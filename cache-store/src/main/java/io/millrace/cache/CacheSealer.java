package io.millrace.cache;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Gives full files their final names, in the background: a sync waits for the disk. Each directory
 * has a lane of its own, so that a slow disk holds nobody else up. What has come to a lane
 * meanwhile is sealed as a group, whose files share one sync of their file system ({@link
 * FileSystemSync}).
 */
final class CacheSealer {

    private static final Logger LOG = System.getLogger(CacheSealer.class.getName());

    /** Most files of a group. */
    private static final int GROUP = 1024;

    /** Fewer files than this are synced one by one: others' writes are then not waited for. */
    private static final int SHARED_SYNC = 16;

    /** Full files that may wait in a lane; then who brings the next one waits for room. */
    private static final int WAITING = 2 * GROUP;

    /**
     * A sync of the file system that takes longer is busy with what others write, or with large
     * files: for a while files are then synced one by one.
     */
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long WHILE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final CacheIndex index;
    private final SyncPolicy sync;
    private final Consumer<CacheEntry> release;
    private final BiConsumer<CacheTier, IOException> diskFailed;
    private final CacheSurroundings surroundings;
    private final Map<CacheTier, Lane> lanes = new ConcurrentHashMap<>();
    private final LongAdder failures = new LongAdder();

    CacheSealer(
            List<CacheTier> tiers,
            CacheIndex index,
            SyncPolicy sync,
            Consumer<CacheEntry> release,
            BiConsumer<CacheTier, IOException> diskFailed,
            CacheSurroundings surroundings) {
        this.index = index;
        this.sync = sync;
        this.release = release;
        this.diskFailed = diskFailed;
        this.surroundings = surroundings;
        tiers.forEach(tier -> lanes.put(tier, new Lane(tier)));
    }

    /** The files of one directory, sealed by one thread. */
    private final class Lane {

        private final CacheTier tier;
        private final ExecutorService thread;
        private final ConcurrentLinkedQueue<CacheEntry> waiting = new ConcurrentLinkedQueue<>();
        private final Semaphore slots = new Semaphore(WAITING);
        private final FileSystemSync fileSystem;
        private long oneByOneUntil;

        Lane(CacheTier tier) {
            this.tier = tier;
            this.thread = surroundings.pool("cache-seal", 1, Integer.MAX_VALUE);
            this.fileSystem = FileSystemSync.of(tier.path());
            this.oneByOneUntil = surroundings.nanoTime();
        }

        void add(CacheEntry entry) {
            slots.acquireUninterruptibly();
            waiting.add(entry);
            try {
                thread.execute(this::sealGroup);
            } catch (RejectedExecutionException e) {
                // The lane has ended. Who took the entry from the queue seals it, or nobody did.
                if (waiting.remove(entry)) {
                    seal(List.of(entry));
                }
            }
        }

        private void sealGroup() {
            List<CacheEntry> group = new ArrayList<>();
            while (group.size() < GROUP) {
                CacheEntry next = waiting.poll();
                if (next == null) {
                    break;
                }
                group.add(next);
            }
            seal(group);
        }

        private void seal(List<CacheEntry> group) {
            boolean synced = group.size() >= SHARED_SYNC && syncTogether();
            for (CacheEntry entry : group) {
                try {
                    sealNow(entry, synced);
                } finally {
                    slots.release();
                    release.accept(entry);
                }
            }
        }

        private boolean syncTogether() {
            long began = surroundings.nanoTime();
            if (sync != SyncPolicy.COMPLETE || began - oneByOneUntil < 0) {
                return false;
            }
            boolean synced = fileSystem.sync();
            long ended = surroundings.nanoTime();
            if (!synced || ended - began > LONG_NANOS) {
                oneByOneUntil = ended + WHILE_NANOS;
                LOG.log(
                        Level.DEBUG,
                        "cache directory={0} file system synced={1} in {2} ms: one by one now",
                        tier.path(),
                        synced,
                        TimeUnit.NANOSECONDS.toMillis(ended - began));
            }
            return synced;
        }

        /** Whether all that waited is done. */
        boolean await(long millis) throws InterruptedException {
            boolean ended = thread.awaitTermination(millis, TimeUnit.MILLISECONDS);
            if (ended) {
                fileSystem.close();
            }
            return ended;
        }
    }

    /** Seals a full entry soon; the caller holds a reference, another is taken for the work. */
    void seal(CacheEntry entry) {
        index.hold(entry);
        laneOf(entry).add(entry);
    }

    private Lane laneOf(CacheEntry entry) {
        Lane lane = lanes.get(entry.tier());
        if (lane == null) {
            throw new IllegalStateException("no such cache directory: " + entry.tier().path());
        }
        return lane;
    }

    /**
     * Makes a full file durable as far as the policy asks, and gives it its final name.
     *
     * @param synced its bytes are on disk
     */
    private void sealNow(CacheEntry entry, boolean synced) {
        try {
            if (sync != SyncPolicy.NEVER && entry.kind == CacheEntry.Kind.PARTIAL) {
                surroundings.beforeWrite(entry.tier().path());
                if (!synced) {
                    entry.force();
                }
            }
            entry.files.lock();
            try {
                if (!entry.dropped && entry.kind == CacheEntry.Kind.PARTIAL) {
                    entry.seal(entry.tier().layout());
                }
            } finally {
                entry.files.unlock();
            }
        } catch (IOException e) {
            failures.increment();
            LOG.log(
                    Level.WARNING,
                    "cache file={0} not completed: {1}",
                    entry.version,
                    e.getMessage());
            diskFailed.accept(entry.tier(), e);
        }
    }

    long failures() {
        return failures.sum();
    }

    /** Ends once all that waits is sealed; false: not in that time. */
    boolean finish(long millis) throws InterruptedException {
        lanes.values().forEach(lane -> lane.thread.shutdown());
        return await(millis);
    }

    /** Ends with what is under way; what waits stays partial. */
    boolean abandon(long millis) throws InterruptedException {
        for (Lane lane : lanes.values()) {
            lane.thread.shutdownNow();
            lane.slots.release(WAITING);
        }
        return await(millis);
    }

    private boolean await(long millis) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        boolean ended = true;
        for (Lane lane : lanes.values()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            ended &= lane.await(Math.max(0, left));
        }
        return ended;
    }
}
