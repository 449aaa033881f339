package io.millrace.job.ledger;

/**
 * How much is under way.
 *
 * @param jobs that have not ended
 * @param batches without a result
 */
public record OpenWork(long jobs, long batches) {}
