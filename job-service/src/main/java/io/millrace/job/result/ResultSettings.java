package io.millrace.job.result;

import java.time.Duration;

/**
 * Bounds of waiting for results.
 *
 * @param batchTimeout how long a batch that was sent may have no result before it is sent again
 * @param maxAttempts how often it is sent at most, 1 or more
 * @param maxMoves how often its items may be found to be another worker's
 * @param moveDelay before moved items are planned again; doubled with each move
 * @param maxTries how often a file is tried that cannot be loaded for a reason that may pass, 1 or
 *     more
 * @param tryDelay before such a file is tried again; doubled with each try
 * @param maxFailures how many failed files of one job are listed; more are only counted
 */
public record ResultSettings(
        Duration batchTimeout,
        int maxAttempts,
        int maxMoves,
        Duration moveDelay,
        int maxTries,
        Duration tryDelay,
        int maxFailures) {

    /** Longest wait before items are planned again. */
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);

    Duration delayOfMove(int move) {
        return doubled(moveDelay, move);
    }

    Duration delayOfTry(int tries) {
        return doubled(tryDelay, tries);
    }

    private static Duration doubled(Duration first, int times) {
        Duration delay = first.multipliedBy(1L << Math.min(times, 16));
        return delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
    }
}
