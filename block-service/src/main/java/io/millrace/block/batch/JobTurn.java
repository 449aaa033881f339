package io.millrace.block.batch;

import io.millrace.block.fill.LoadGate;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;

/**
 * One run of a batch before its job's gate. A job with limits gives back what it has not done after
 * a while, so that it neither holds up the batches behind its own nor misses the time a batch has;
 * what was fetched of a file by then is kept.
 */
final class JobTurn implements LoadGate {

    private static final Duration LONGEST = Duration.ofSeconds(20);

    /** How long the end of a turn is not looked for while a file waits to begin. */
    private static final Duration SLICE = Duration.ofMillis(250);

    private final JobGate gate;
    private final Semaphore items;
    private final LongSupplier nanoTime;
    private final long endsNanos;

    /**
     * @param items a permit is given back while a request waits
     */
    JobTurn(JobGate gate, Semaphore items, LongSupplier nanoTime) {
        this.gate = gate;
        this.items = items;
        this.nanoTime = nanoTime;
        this.endsNanos = nanoTime.getAsLong() + LONGEST.toNanos();
    }

    /** Whether what is not done is to be given back. */
    boolean isOver() {
        return gate.isHalted() || gate.isLimited() && left().isZero();
    }

    private Duration left() {
        return Duration.ofNanos(Math.max(0, endsNanos - nanoTime.getAsLong()));
    }

    /** Begins a file; false: the turn is over. {@link #leave} ends it. */
    boolean enter() {
        while (!isOver()) {
            if (gate.enter(SLICE) == JobGate.Answer.PASS) {
                return true;
            }
        }
        return false;
    }

    void leave() {
        gate.leave();
    }

    @Override
    public void request(long bytes) {
        JobGate.Answer answer = gate.request(bytes, Duration.ZERO);
        if (answer == JobGate.Answer.LATER) {
            items.release();
            try {
                answer = gate.request(bytes, left());
            } finally {
                items.acquireUninterruptibly();
            }
        }
        if (answer != JobGate.Answer.PASS) {
            throw new MillraceException(ErrorCode.INTERRUPTED, "the job waits");
        }
    }

    @Override
    public boolean isClosed() {
        return gate.isHalted();
    }
}
