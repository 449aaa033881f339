package io.millrace.job.plan;

import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Tally;
import java.time.Duration;

/**
 * The best that jobs of a kind have reached lately: small files are bounded by the one, large ones
 * by the other.
 */
record Pace(double filesPerSecond, double bytesPerSecond) {

    /** How long {@code work} takes at least, at this pace and within the limits of the job. */
    Duration timeFor(Tally work, Estimate.Requests requests, Controls controls) {
        double seconds =
                Math.max(work.files() / filesPerSecond, work.bytes() / Math.max(1, bytesPerSecond));
        if (controls.bytesPerSecond() > 0) {
            seconds = Math.max(seconds, (double) work.bytes() / controls.bytesPerSecond());
        }
        if (controls.requestsPerSecond() > 0) {
            seconds = Math.max(seconds, (double) requests.get() / controls.requestsPerSecond());
        }
        return Duration.ofMillis(Math.round(seconds * 1_000));
    }
}
