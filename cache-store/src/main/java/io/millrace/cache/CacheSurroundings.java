package io.millrace.cache;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What a cache takes from the process it is in: threads, the clock, and a disk that lets it write.
 * A simulation gives its own, so that what happens when follows from a seed.
 */
public interface CacheSurroundings {

    /**
     * Threads for work in the background.
     *
     * @param name of the threads
     * @param threads most at once
     * @param waiting most tasks that wait for one; what comes then is rejected
     */
    ExecutorService pool(String name, int threads, int waiting);

    /** A clock as {@link System#nanoTime}. */
    long nanoTime();

    /**
     * Called before content is written or synced.
     *
     * @param directory the cache directory
     * @throws IOException as the disk would: the write fails so
     */
    void beforeWrite(Path directory) throws IOException;

    /** Daemon threads that end when they are idle, the system's clock, and disks as they are. */
    CacheSurroundings PROCESS =
            new CacheSurroundings() {
                @Override
                public ExecutorService pool(String name, int threads, int waiting) {
                    ThreadPoolExecutor pool =
                            new ThreadPoolExecutor(
                                    threads,
                                    threads,
                                    1,
                                    TimeUnit.SECONDS,
                                    new LinkedBlockingQueue<>(waiting),
                                    Thread.ofPlatform().daemon().name(name + "-", 0).factory());
                    pool.allowCoreThreadTimeOut(true);
                    return pool;
                }

                @Override
                public long nanoTime() {
                    return System.nanoTime();
                }

                @Override
                public void beforeWrite(Path directory) {}
            };
}
