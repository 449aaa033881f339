package io.millrace.metadata.events;

import java.time.Duration;

/**
 * Whether the buckets' events are being followed. Looked up once a second; what was found longer
 * ago than events may be silent says nothing any more.
 */
public final class EventWatch {

    private final EventStore store;
    private final Duration longest;
    private volatile Seen seen;

    private record Seen(EventStore.Standing standing, long nanos) {}

    /** How the events are. */
    public enum State {
        /** Nothing that was sent is waiting for longer than events may. */
        FOLLOWED,
        /** Messages wait for longer than they may. */
        BEHIND,
        /** Nobody hears from Kafka, or nobody listens. */
        AWAY
    }

    /**
     * @param longest how long events may be silent, or wait
     */
    public EventWatch(EventStore store, Duration longest) {
        this.store = store;
        this.longest = longest;
        this.seen =
                new Seen(
                        new EventStore.Standing(0, 0, Duration.ZERO, Duration.ZERO, 0, 0),
                        System.nanoTime());
    }

    /** Looks again. A step of a background loop. */
    public void look() {
        long now = System.nanoTime();
        seen = new Seen(store.standing(), now);
    }

    public EventStore.Standing standing() {
        return seen.standing();
    }

    public State state() {
        Seen now = seen;
        Duration since = Duration.ofNanos(System.nanoTime() - now.nanos());
        if (now.standing().partitions() == 0
                || now.standing().silent().plus(since).compareTo(longest) > 0) {
            return State.AWAY;
        }
        return now.standing().behind().plus(since).compareTo(longest) > 0
                ? State.BEHIND
                : State.FOLLOWED;
    }

    public boolean isFollowed() {
        return state() == State.FOLLOWED;
    }
}
