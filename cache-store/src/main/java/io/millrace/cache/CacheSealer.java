package io.millrace.cache;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Gives full files their final names, in the background: a sync waits for the disk. What has come
 * meanwhile is sealed as a group, whose files share the cost of a sync ({@link Writeback}).
 */
final class CacheSealer {

    private static final Logger LOG = System.getLogger(CacheSealer.class.getName());

    /** More than one, so that a group is gathered and written while another waits for the disk. */
    private static final int THREADS = 2;

    private static final int GROUP = 64;

    /** Full files that may wait; then who brings the next one seals it himself. */
    private static final int WAITING = 256;

    private final CacheIndex index;
    private final SyncPolicy sync;
    private final Consumer<CacheEntry> release;
    private final BiConsumer<CacheTier, IOException> diskFailed;
    private final CacheSurroundings surroundings;
    private final ExecutorService threads;
    private final ConcurrentLinkedQueue<CacheEntry> waiting = new ConcurrentLinkedQueue<>();
    private final Semaphore slots = new Semaphore(WAITING);
    private final LongAdder failures = new LongAdder();

    CacheSealer(
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
        this.threads = surroundings.pool("cache-seal", THREADS, Integer.MAX_VALUE);
    }

    /** Seals a full entry soon; the caller holds a reference, another is taken for the work. */
    void seal(CacheEntry entry) {
        index.hold(entry);
        if (slots.tryAcquire()) {
            waiting.add(entry);
            try {
                threads.execute(this::sealGroup);
                return;
            } catch (RejectedExecutionException e) {
                if (!waiting.remove(entry)) {
                    return;
                }
                slots.release();
            }
        }
        try {
            sealNow(entry);
        } finally {
            release.accept(entry);
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
        if (sync == SyncPolicy.COMPLETE && group.size() > 1) {
            group.forEach(entry -> Writeback.start(entry.tier().layout().part(entry.version)));
        }
        for (CacheEntry entry : group) {
            try {
                sealNow(entry);
            } finally {
                slots.release();
                release.accept(entry);
            }
        }
    }

    /** Makes a full file durable as far as the policy asks, and gives it its final name. */
    private void sealNow(CacheEntry entry) {
        try {
            if (sync != SyncPolicy.NEVER && entry.kind == CacheEntry.Kind.PARTIAL) {
                surroundings.beforeWrite(entry.tier().path());
                entry.force();
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
        threads.shutdown();
        return threads.awaitTermination(millis, TimeUnit.MILLISECONDS);
    }

    /** Ends with what is under way; what waits stays partial. */
    boolean abandon(long millis) throws InterruptedException {
        threads.shutdownNow();
        return threads.awaitTermination(millis, TimeUnit.MILLISECONDS);
    }
}
