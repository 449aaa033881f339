package io.millrace.metadata.visibility;

import io.millrace.metadata.database.Database;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

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
    private final Set<String> open = ConcurrentHashMap.newKeySet();
    private final Map<String, Long> said = new ConcurrentHashMap<>();
    private long beatNanos = System.nanoTime();

    public Watchers(Database database) {
        this.store = new WatcherStore(database);
    }

    /** A stream has begun that tells what comes after {@code sequence}. */
    public void opened(String id, String subscriber, long sequence) {
        store.open(id, subscriber, sequence);
        open.add(id);
    }

    /** The stream has ended; whoever followed it may come back. */
    public void ended(String id) {
        open.remove(id);
    }

    /** A watcher shows nothing any more. */
    public void left(String id) {
        open.remove(id);
        said.remove(id);
        store.close(id);
    }

    /** A watcher has applied what it was told up to {@code sequence}. */
    public void acknowledged(String id, long sequence) {
        said.merge(id, sequence, Math::max);
    }

    /** Writes what was said. A step of a background loop; one thread at a time. */
    public void step() {
        Map<String, Long> taken = new HashMap<>(said);
        if (!taken.isEmpty()) {
            store.acknowledge(taken);
            taken.forEach(said::remove);
        }
        long now = System.nanoTime();
        if (now - beatNanos > BEAT.toNanos()) {
            beatNanos = now;
            store.beat(open);
            store.prune(SILENCE.multipliedBy(2));
        }
    }

    /** All that are to be waited for. */
    List<WatcherStore.Watcher> connected() {
        return store.connected(SILENCE);
    }
}
