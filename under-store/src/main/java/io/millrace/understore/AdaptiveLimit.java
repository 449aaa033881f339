package io.millrace.understore;

import io.millrace.understore.AttemptListener.Pressure;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many requests of one kind a store is asked at once: additive increase, multiplicative
 * decrease (Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion
 * Avoidance", 1989).
 *
 * <p>It starts at the most, since most stores bear it. One more is allowed after as many answers as
 * the limit; half as many after the store asked for less. All that was in flight then tells of the
 * same moment, so that for {@link #HOLD} no second decrease follows. The monitor guards it.
 */
public final class AdaptiveLimit {

    /** For how long one decrease speaks for all attempts that were under way. */
    public static final Duration HOLD = Duration.ofMillis(500);

    private final int most;
    private final LongSupplier nanoTime;
    private volatile int current;
    private volatile long decreases;
    private int answers;
    private long decreasedNanos;

    /**
     * @param most 1 or more
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    public AdaptiveLimit(int most, LongSupplier nanoTime) {
        if (most < 1) {
            throw new IllegalArgumentException("at most " + most + " requests: 1 or more");
        }
        this.most = most;
        this.current = most;
        this.nanoTime = nanoTime;
    }

    /** Notes an attempt. */
    public synchronized void onAttempt(Pressure pressure) {
        switch (pressure) {
            case NONE -> {
                answers++;
                if (answers >= current && current < most) {
                    current++;
                    answers = 0;
                }
            }
            case TOO_MUCH -> {
                long now = nanoTime.getAsLong();
                if (decreases == 0 || now - decreasedNanos >= HOLD.toNanos()) {
                    current = Math.max(1, current / 2);
                    decreasedNanos = now;
                    decreases++;
                }
                answers = 0;
            }
        }
    }

    /** Requests that may be in flight now; 1 to the most. */
    public int current() {
        return current;
    }

    /** How often the limit was halved. */
    public long decreases() {
        return decreases;
    }
}
