package io.millrace.job.result;

import java.time.Duration;

/**
 * Bounds of waiting for results.
 *
 * @param batchTimeout how long a batch that was sent may have no result before it is sent again
 * @param maxAttempts how often it is sent at most, 1 or more
 * @param maxMoves how often its items may be found to be another worker's
 * @param moveDelay before moved items are planned again; doubled with each move
 * @param maxFailures how many failed files of one job are listed; more are only counted
 */
public record ResultSettings(
        Duration batchTimeout, int maxAttempts, int maxMoves, Duration moveDelay, int maxFailures) {

    /** Longest wait before moved items are planned again. */
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);

    Duration delayOfMove(int move) {
        Duration delay = moveDelay.multipliedBy(1L << Math.min(move, 16));
        return delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
    }
}
