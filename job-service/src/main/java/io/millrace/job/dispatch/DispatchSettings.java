package io.millrace.job.dispatch;

import java.time.Duration;

/**
 * Bounds of sending.
 *
 * @param batchesPerWorker how many batches may lie in Kafka for one worker, 1 or more
 * @param sendTimeout how long one send may take before it counts as failed
 * @param retryPause before a batch that could not be sent is tried again
 * @param batchTimeout after which a batch that was sent is no longer wanted by workers
 */
public record DispatchSettings(
        int batchesPerWorker, Duration sendTimeout, Duration retryPause, Duration batchTimeout) {}
