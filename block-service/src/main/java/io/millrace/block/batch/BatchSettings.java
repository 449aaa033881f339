package io.millrace.block.batch;

import java.time.Duration;

/**
 * How batches are run.
 *
 * @param bootstrapServers of Kafka
 * @param items most items at once, of all batches
 * @param batches most batches at once, each of another partition
 * @param retryPause between tries when Kafka is away
 */
public record BatchSettings(String bootstrapServers, int items, int batches, Duration retryPause) {}
