package io.millrace.metadata.changes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The change log as this process follows it. One poller reads what is new; any number of readers
 * take it from memory, each at its own position, so that a slow reader costs nobody anything. A
 * reader that has fallen behind what memory holds reads the table; one that has fallen behind the
 * table must start over.
 *
 * <p>{@code lock} guards {@code recent}, {@code last} and {@code pruned}; nothing is read from
 * Postgres under it.
 */
public final class ChangeFeed {

    private static final int PAGE = 1_000;

    private final ChangeLogStore store;
    private final int kept;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    private final ArrayDeque<Change.Logged> recent = new ArrayDeque<>();
    private final Set<Consumer<Change>> listeners = new CopyOnWriteArraySet<>();
    private long last;
    private long pruned;

    /**
     * @param kept how many changes stay in memory, 1 or more
     */
    public ChangeFeed(ChangeLogStore store, int kept) {
        this.store = store;
        this.kept = kept;
    }

    /** What a reader is told. */
    public sealed interface Next {
        /** The changes after its position, oldest first; empty: none came in the time. */
        record Changes(List<Change.Logged> changes) implements Next {}

        /** Some changes after its position are gone. It goes on from {@code sequence}. */
        record Lost(long sequence) implements Next {}
    }

    /** Sets out from the end of the log. Called once, before anything else. */
    public void start() {
        ChangeLogStore.Head head = store.head();
        lock.lock();
        try {
            last = head.last();
            pruned = head.last();
        } finally {
            lock.unlock();
        }
    }

    /** Calls {@code listener} with each change before any reader sees it. */
    public void listen(Consumer<Change> listener) {
        listeners.add(listener);
    }

    /** Newest sequence that was read. */
    public long last() {
        lock.lock();
        try {
            return last;
        } finally {
            lock.unlock();
        }
    }

    /** Reads what is new in the table. A step of the background loop; one thread at a time. */
    public void poll() {
        List<Change.Logged> page;
        do {
            page = store.after(last(), PAGE);
            for (Change.Logged logged : page) {
                listeners.forEach(listener -> listener.accept(logged.change()));
            }
            add(page);
        } while (page.size() == PAGE);
    }

    private void add(List<Change.Logged> page) {
        if (page.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            if (page.getFirst().sequence() != last + 1) {
                recent.clear();
                pruned = page.getFirst().sequence() - 1;
            }
            recent.addAll(page);
            last = page.getLast().sequence();
            while (recent.size() > kept) {
                pruned = recent.removeFirst().sequence();
            }
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What came after {@code sequence}, at most {@code limit}; waits until there is something. */
    public Next after(long sequence, int limit, Duration wait) throws InterruptedException {
        lock.lock();
        try {
            if (sequence > last) {
                return new Next.Lost(last);
            }
            long left = wait.toNanos();
            while (last <= sequence && left > 0) {
                left = grown.awaitNanos(left);
            }
            if (sequence >= pruned) {
                return new Next.Changes(slice(sequence, limit));
            }
        } finally {
            lock.unlock();
        }
        return fromTable(sequence, limit);
    }

    private List<Change.Logged> slice(long sequence, int limit) {
        List<Change.Logged> result = new ArrayList<>();
        if (last <= sequence) {
            return result;
        }
        // Readers are mostly at the end, so walk from there.
        var newestFirst = recent.descendingIterator();
        ArrayDeque<Change.Logged> wanted = new ArrayDeque<>();
        while (newestFirst.hasNext()) {
            Change.Logged logged = newestFirst.next();
            if (logged.sequence() <= sequence) {
                break;
            }
            wanted.addFirst(logged);
            if (wanted.size() > limit) {
                wanted.removeLast();
            }
        }
        result.addAll(wanted);
        return result;
    }

    private Next fromTable(long sequence, int limit) {
        if (sequence < store.head().pruned()) {
            return new Next.Lost(last());
        }
        List<Change.Logged> page = store.after(sequence, limit);
        boolean whole = !page.isEmpty() && page.getFirst().sequence() == sequence + 1;
        return whole ? new Next.Changes(page) : new Next.Lost(last());
    }

    /** Waits until the change {@code sequence} was read; false: not in the time. */
    public boolean await(long sequence, Duration wait) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        lock.lock();
        try {
            while (last < sequence) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                grown.await(left, TimeUnit.NANOSECONDS);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
