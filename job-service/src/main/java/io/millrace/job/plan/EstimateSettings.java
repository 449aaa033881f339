package io.millrace.job.plan;

import java.time.Duration;

/**
 * Bounds of dry runs.
 *
 * @param pageFiles how many files are looked at at once, 1 to 10,000
 * @param requestBytes most bytes a worker asks the bucket for at once; its run size
 * @param timeout of one dry run
 * @param concurrency how many may run at once
 */
public record EstimateSettings(
        int pageFiles, long requestBytes, Duration timeout, int concurrency) {}
