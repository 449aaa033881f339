package io.millrace.block.fill;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** How many requests are at the under stores at once; reads go before loads. */
final class GetPermits {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final int max;
    private final int maxLoads;
    private int taken;
    private int loads;
    private int waitingReads;

    GetPermits(int max, int maxLoads) {
        this.max = max;
        this.maxLoads = maxLoads;
    }

    /**
     * Waits for a permit.
     *
     * @param urgency asked again at each wake-up: a load turns into a read when a reader joins it
     * @return the urgency it was given for: to be given back
     */
    Urgency take(Supplier<Urgency> urgency, Duration timeout) {
        long left = timeout.toNanos();
        lock.lock();
        try {
            for (; ; ) {
                Urgency now = urgency.get();
                boolean free =
                        switch (now) {
                            case READ -> taken < max;
                            case LOAD -> taken < max && loads < maxLoads && waitingReads == 0;
                        };
                if (free) {
                    taken++;
                    loads += now == Urgency.LOAD ? 1 : 0;
                    return now;
                }
                if (left <= 0) {
                    throw new MillraceException(
                            ErrorCode.BUSY,
                            "all "
                                    + max
                                    + " requests to under stores are taken"
                                    + " (millrace.worker.fill.max-gets)");
                }
                waitingReads += now == Urgency.READ ? 1 : 0;
                try {
                    left = changed.awaitNanos(left);
                } finally {
                    waitingReads -= now == Urgency.READ ? 1 : 0;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "interrupted while it waited for the under store", e);
        } finally {
            lock.unlock();
        }
    }

    void give(Urgency taken) {
        lock.lock();
        try {
            this.taken--;
            loads -= taken == Urgency.LOAD ? 1 : 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Someone's urgency has changed. */
    void reconsider() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a read would get a permit at once: for fetching ahead, which nobody waits for. */
    boolean hasRoom() {
        lock.lock();
        try {
            return taken < max && waitingReads == 0;
        } finally {
            lock.unlock();
        }
    }

    int taken() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }
}
