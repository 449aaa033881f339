package io.millrace.understore;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a store for attributes and listings only as often at once as its limits allow; who comes
 * later waits. Reads are not held back: who reads much has a schedule for it.
 */
final class LimitedUnderStore implements UnderStore {

    private final UnderStore store;
    private final Gate stats;
    private final Gate lists;

    LimitedUnderStore(
            UnderStore store, AdaptiveLimit stats, AdaptiveLimit lists, Duration patience) {
        this.store = store;
        this.stats = new Gate("HEAD", stats, patience);
        this.lists = new Gate("LIST", lists, patience);
    }

    @Override
    public Optional<ObjectStatus> stat(String key) {
        return stats.pass(() -> store.stat(key));
    }

    @Override
    public ListPage list(String prefix, Depth depth, @Nullable String continuation, int maxKeys) {
        return lists.pass(() -> store.list(prefix, depth, continuation, maxKeys));
    }

    @Override
    public InputStream read(String key, String objectVersion, ByteRange range) {
        return store.read(key, objectVersion, range);
    }

    @Override
    public void close() {
        store.close();
    }

    @Override
    public String toString() {
        return store.toString();
    }

    /** Counts who is through; {@code lock} guards the count. */
    private static final class Gate {

        private final String what;
        private final AdaptiveLimit limit;
        private final Duration patience;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition left = lock.newCondition();
        private int through;

        Gate(String what, AdaptiveLimit limit, Duration patience) {
            this.what = what;
            this.limit = limit;
            this.patience = patience;
        }

        <T> T pass(Supplier<T> call) {
            enter();
            try {
                return call.get();
            } finally {
                leave();
            }
        }

        private void enter() {
            lock.lock();
            try {
                long nanos = patience.toNanos();
                while (through >= limit.current()) {
                    if (nanos <= 0) {
                        throw new MillraceException(
                                ErrorCode.BUSY,
                                "the bucket was asked too much and now takes "
                                        + limit.current()
                                        + " "
                                        + what
                                        + " requests at once; none was free within "
                                        + patience.toMillis()
                                        + " ms");
                    }
                    // A limit grows without a word to those who wait: they look again.
                    nanos -= waitAtMost(Math.min(nanos, TimeUnit.MILLISECONDS.toNanos(100)));
                }
                through++;
            } finally {
                lock.unlock();
            }
        }

        private long waitAtMost(long nanos) {
            try {
                return nanos - left.awaitNanos(nanos);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MillraceException(
                        ErrorCode.INTERRUPTED, "interrupted while it waited for the bucket", e);
            }
        }

        private void leave() {
            lock.lock();
            try {
                through--;
                left.signal();
            } finally {
                lock.unlock();
            }
        }
    }
}
