package io.millrace.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Learns whole directories from the names that are asked for: a training job opens every file of a
 * directory in random order, and a page of 2,000 names costs about as much as one name.
 *
 * <p>After a few names of a directory had to be asked, its pages are read in the background, up to
 * a limit, a few directories at a time; what they bring goes where single answers go.
 */
final class Neighbours {

    private static final Logger LOG = System.getLogger(Neighbours.class.getName());
    private static final int MISSES = 8;
    private static final int DIRECTORIES = 10_000;
    private static final int AT_A_TIME = 4;

    private final Namespace namespace;
    private final int maxEntries;
    private final Semaphore permits = new Semaphore(AT_A_TIME);
    private final Cache<Long, AtomicInteger> misses =
            Caffeine.newBuilder().maximumSize(DIRECTORIES).build();
    private final Set<Long> learning = ConcurrentHashMap.newKeySet();

    /**
     * @param maxEntries learnt of one directory
     */
    Neighbours(Namespace namespace, int maxEntries) {
        this.namespace = namespace;
        this.maxEntries = maxEntries;
    }

    /** A name of {@code directoryId} was not known. Does not wait. */
    void missed(long directoryId) {
        AtomicInteger count = misses.get(directoryId, _ -> new AtomicInteger());
        if (count.incrementAndGet() < MISSES || !permits.tryAcquire()) {
            return;
        }
        if (!learning.add(directoryId)) {
            permits.release();
            return;
        }
        Thread.ofVirtual()
                .name("neighbours-" + directoryId)
                .start(() -> {
                    try {
                        learn(directoryId);
                    } finally {
                        misses.invalidate(directoryId);
                        learning.remove(directoryId);
                        permits.release();
                    }
                });
    }

    private void learn(long directoryId) {
        Cancellation never = new Cancellation();
        int learnt = 0;
        String after = "";
        try {
            while (learnt < maxEntries) {
                DirectoryPage page = namespace.page(directoryId, after, never);
                learnt += page.entries().size();
                if (!page.more() || page.entries().isEmpty()) {
                    return;
                }
                after = page.entries().getLast().name();
            }
        } catch (MillraceException e) {
            LOG.log(Level.DEBUG, "event=neighbours_not_learnt directory=" + directoryId, e);
        }
    }
}
