package io.millrace.block.fill;

import io.millrace.cache.CacheUsage;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Fetches small files before they are read, because an agent expects that they will be: it has seen
 * others of their directory opened. As a hint it may be turned down, and nobody hears how it ended.
 *
 * <p>A file fetched in vain must not cost one that is used: what waits never exceeds the cache's
 * free space, or a sixteenth of a cache that is full. Fetches are loads: reads go before them.
 * {@link #lock} guards the queue.
 */
public final class Prefetches {

    private static final Logger LOG = System.getLogger(Prefetches.class.getName());

    /** A file of one chunk is small: larger ones are read ahead as they are read. */
    private static final long MAX_FILE_BYTES = BlockLayout.CHUNK_BYTES;

    private static final int SHARE_OF_FULL_CACHE = 16;
    private static final long PAUSE_NANOS = 10_000_000_000L;

    private final Filler filler;
    private final int maxFiles;
    private final int atOnce;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<FileSource> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private int running;
    private long accepted;
    private long pausedUntil = System.nanoTime();
    private boolean stopped;

    /**
     * @param maxFiles that wait; 0: none are fetched
     * @param atOnce fetched at the same time
     */
    public Prefetches(Filler filler, int maxFiles, int atOnce) {
        this.filler = filler;
        this.maxFiles = maxFiles;
        this.atOnce = atOnce;
    }

    /**
     * Takes files to be fetched soon, in this order, for as long as there is room. Does not wait.
     *
     * @return how many, from the first on
     */
    public int offer(List<FileSource> files) {
        CacheUsage usage = filler.cache().usage();
        long room =
                Math.max(
                        usage.capacityBytes() - usage.usedBytes(),
                        usage.capacityBytes() / SHARE_OF_FULL_CACHE);
        int taken = 0;
        int starting;
        lock.lock();
        try {
            if (stopped || pausedUntil - System.nanoTime() > 0) {
                return 0;
            }
            for (FileSource file : files) {
                if (waiting.size() >= maxFiles || waitingBytes + file.length() > room) {
                    break;
                }
                taken++;
                if (file.length() > 0 && file.length() <= MAX_FILE_BYTES) {
                    waiting.add(file);
                    waitingBytes += file.length();
                }
            }
            accepted += taken;
            starting = Math.min(atOnce - running, waiting.size());
            running += starting;
        } finally {
            lock.unlock();
        }
        for (int i = 0; i < starting; i++) {
            filler.threads().start("prefetch", this::fetchWaiting);
        }
        return taken;
    }

    private void fetchWaiting() {
        for (FileSource file = next(); file != null; file = next()) {
            try {
                filler.load(file.fileVersion(), file, ByteRange.whole(file.length()));
            } catch (MillraceException e) {
                // Who reads the file will be told. A cache without room is not asked again soon.
                if (e.code() == ErrorCode.NO_SPACE || e.code() == ErrorCode.BUSY) {
                    pause();
                }
            } catch (RuntimeException e) {
                // The next file may be good.
                LOG.log(Level.ERROR, "a file was not fetched ahead: " + file.key(), e);
            }
        }
    }

    /** Null: the caller ends, and is not counted any more. */
    private @Nullable FileSource next() {
        lock.lock();
        try {
            FileSource file = waiting.poll();
            if (file == null) {
                running--;
            } else {
                waitingBytes -= file.length();
            }
            return file;
        } finally {
            lock.unlock();
        }
    }

    private void pause() {
        lock.lock();
        try {
            waiting.clear();
            waitingBytes = 0;
            pausedUntil = System.nanoTime() + PAUSE_NANOS;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what waits, and takes nothing more. */
    public void stop() {
        lock.lock();
        try {
            stopped = true;
            waiting.clear();
            waitingBytes = 0;
        } finally {
            lock.unlock();
        }
    }

    /** Files taken since the start. */
    public long accepted() {
        lock.lock();
        try {
            return accepted;
        } finally {
            lock.unlock();
        }
    }

    /** Files that wait now. */
    public int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }
}
