package io.millrace.metadata.visibility;

import io.millrace.metadata.database.Database;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Who follows the watch stream, at any replica, and how far they have applied it. What they say is
 * collected and written by a background loop, so that a thousand agents are one statement.
 */
public final class Watchers {

    /**
     * How long one whose stream has ended is still waited for: by then it believes nothing that it
     * has cached.
     */
    static final Duration SILENCE = Duration.ofSeconds(20);

    private static final Duration BEAT = Duration.ofSeconds(2);

    private final WatcherStore store;

    /**
     * Streams of each; one that has come back may have two until the old one is seen to be gone.
     */
    private final Map<String, Integer> streams = new ConcurrentHashMap<>();

    private final Map<String, Long> said = new ConcurrentHashMap<>();
    private final Semaphore heard = new Semaphore(0);
    private long beatNanos = System.nanoTime();

    public Watchers(Database database) {
        this.store = new WatcherStore(database);
    }

    /**
     * A stream begins that tells what comes after {@code sequence}; it ends, whatever this throws.
     */
    public void opened(String id, String subscriber, long sequence) {
        streams.merge(id, 1, Integer::sum);
        store.open(id, subscriber, sequence);
    }

    /** A stream has ended; whoever followed it may come back, or be back already. */
    public void ended(String id) {
        streams.computeIfPresent(id, (_, count) -> count == 1 ? null : count - 1);
    }

    /** A watcher shows nothing any more. */
    public void left(String id) {
        streams.remove(id);
        said.remove(id);
        store.close(id);
    }

    /** A watcher has applied what it was told up to {@code sequence}. */
    public void acknowledged(String id, long sequence) {
        said.merge(id, sequence, Math::max);
        heard.release();
    }

    /**
     * Waits until something is said, or it is time to say who is connected, and writes it. A step
     * of a background loop; one thread at a time.
     */
    public void step() throws InterruptedException {
        var _ = heard.tryAcquire(BEAT.toMillis(), TimeUnit.MILLISECONDS);
        heard.drainPermits();
        Map<String, Long> taken = new HashMap<>(said);
        if (!taken.isEmpty()) {
            store.acknowledge(taken);
            taken.forEach(said::remove);
        }
        long now = System.nanoTime();
        if (now - beatNanos >= BEAT.toNanos()) {
            beatNanos = now;
            store.beat(streams.keySet());
            store.prune(SILENCE.multipliedBy(2));
        }
    }

    /** Ends a step that waits, from any thread. */
    public void wakeUp() {
        heard.release();
    }

    /** All that are to be waited for. */
    List<WatcherStore.Watcher> connected() {
        return store.connected(SILENCE);
    }
}
