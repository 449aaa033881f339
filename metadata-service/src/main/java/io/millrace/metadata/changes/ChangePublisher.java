package io.millrace.metadata.changes;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Brings the change log to whoever listens outside, in order and at least once. Of several
 * processes one leads, under a lease; how far it has come is kept in Postgres, so that a change is
 * never left out because the listener was away.
 */
public final class ChangePublisher {

    private static final int BATCH = 500;

    private final ChangeLogStore store;
    private final ChangeFeed feed;
    private final Sender sender;
    private final String owner;
    private final Duration lease;
    private volatile long published;

    /** Takes changes; returns when they are stored, or throws. */
    @FunctionalInterface
    public interface Sender {
        void send(List<Change.Logged> changes);
    }

    /**
     * @param owner names this process among those that publish
     * @param lease longer than a send may take
     */
    public ChangePublisher(
            ChangeLogStore store, ChangeFeed feed, Sender sender, String owner, Duration lease) {
        this.store = store;
        this.feed = feed;
        this.sender = sender;
        this.owner = owner;
        this.lease = lease;
    }

    /**
     * Publishes what is new. A step of the background loop. False: there is nothing more, or
     * another process leads.
     */
    public boolean step() {
        if (feed.last() <= published) {
            return false;
        }
        Optional<Long> done = store.leadPublishing(owner, lease);
        if (done.isEmpty()) {
            return false;
        }
        published = done.get();
        List<Change.Logged> changes = store.after(published, BATCH);
        if (changes.isEmpty()) {
            return false;
        }
        sender.send(changes);
        published = changes.getLast().sequence();
        store.published(owner, published);
        return changes.size() == BATCH;
    }

    /** How many changes are waiting, as far as this process knows. */
    public long waiting() {
        return Math.max(0, feed.last() - published);
    }
}
