package io.millrace.job.plan;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What running a job would mean.
 *
 * @param estimate what it would do
 * @param price what the bucket's owner would charge
 * @param expected how long it would take at the best pace of the last jobs; empty: nothing like it
 *     has run
 * @param obstacles why it would be refused or could not do all, with numbers; empty: nothing is in
 *     the way
 */
public record Plan(
        Estimate estimate, Price price, Optional<Duration> expected, List<String> obstacles) {

    public Plan {
        obstacles = List.copyOf(obstacles);
    }
}
