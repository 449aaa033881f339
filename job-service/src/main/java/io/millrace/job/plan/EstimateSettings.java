package io.millrace.job.plan;

import java.time.Duration;

/**
 * Bounds of dry runs.
 *
 * @param pageFiles how many files are looked at at once, 1 to 10,000
 * @param timeout of one dry run
 * @param concurrency how many may run at once
 * @param prices what requests and bytes cost
 */
public record EstimateSettings(
        int pageFiles, Duration timeout, int concurrency, PriceTable prices) {}
