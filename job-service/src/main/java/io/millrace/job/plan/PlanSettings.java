package io.millrace.job.plan;

import java.time.Duration;

/**
 * Bounds of planning.
 *
 * @param limits of each batch
 * @param pageFiles how many files one step asks for, 1 to 10,000
 * @param batchesPerWorker how many open batches a job may have for each worker, 1 or more
 * @param lease how long a step may take before another replica takes over
 * @param retryPause before a step that could not go on is tried again
 * @param stallTimeout how long a job waits for a worker or the metadata-service
 */
public record PlanSettings(
        CutLimits limits,
        int pageFiles,
        int batchesPerWorker,
        Duration lease,
        Duration retryPause,
        Duration stallTimeout) {}
