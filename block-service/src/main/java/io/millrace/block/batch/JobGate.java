package io.millrace.block.batch;

import io.millrace.contracts.v1.JobControl;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * What holds back the work on one job on this worker: that it is halted, and its limits. One lock
 * guards everything.
 */
final class JobGate {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LongSupplier nanoTime;
    private final TokenBucket bytes = new TokenBucket();
    private final TokenBucket requests = new TokenBucket();
    private JobControl control = JobControl.getDefaultInstance();
    private int files;
    private boolean closed;

    JobGate(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** What to do with the work at the gate. */
    enum Answer {
        PASS,
        /** Not in the time there was. */
        LATER,
        /** The job is halted, or the worker stops. */
        HALT
    }

    /** Takes over what is told, unless more is known already. */
    void apply(JobControl told) {
        lock.lock();
        try {
            if (told.getRevision() < control.getRevision()) {
                return;
            }
            control = told;
            long now = nanoTime.getAsLong();
            bytes.setRate(told.getBytesPerSecond(), now);
            requests.setRate(told.getRequestsPerSecond(), now);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody passes any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isHalted() {
        lock.lock();
        try {
            return closed || control.getHalted();
        } finally {
            lock.unlock();
        }
    }

    boolean isLimited() {
        lock.lock();
        try {
            return control.getBytesPerSecond() > 0
                    || control.getRequestsPerSecond() > 0
                    || control.getFilesAtOnce() > 0;
        } finally {
            lock.unlock();
        }
    }

    /** Begins a file, waiting at most so long; {@link #leave} ends it. */
    Answer enter(Duration wait) {
        return await(_ -> fileWait(), wait);
    }

    void leave() {
        lock.lock();
        try {
            files--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Makes a request of {@code cost} bytes, waiting at most so long. */
    Answer request(long cost, Duration wait) {
        return await(now -> requestWait(now, cost), wait);
    }

    /** Does it and answers 0, or answers how many nanoseconds to wait. */
    private interface Attempt {
        long nanos(long now);
    }

    private long fileWait() {
        if (control.getFilesAtOnce() > 0 && files >= control.getFilesAtOnce()) {
            return Long.MAX_VALUE;
        }
        files++;
        return 0;
    }

    private long requestWait(long now, long cost) {
        long wait = Math.max(bytes.waitNanos(now), requests.waitNanos(now));
        if (wait == 0) {
            bytes.take(cost);
            requests.take(1);
        }
        return wait;
    }

    private Answer await(Attempt attempt, Duration longest) {
        lock.lock();
        try {
            long end = nanoTime.getAsLong() + longest.toNanos();
            while (true) {
                if (closed || control.getHalted()) {
                    return Answer.HALT;
                }
                long now = nanoTime.getAsLong();
                long wait = attempt.nanos(now);
                if (wait == 0) {
                    return Answer.PASS;
                }
                if (end - now <= 0) {
                    return Answer.LATER;
                }
                changed.await(Math.min(wait, end - now), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answer.HALT;
        } finally {
            lock.unlock();
        }
    }
}
