package io.millrace.job.ledger;

/**
 * What one worker has done for a job, as it told.
 *
 * @param workerId the worker
 * @param done loaded, or freed
 * @param skipped nothing was to be done
 * @param failedFiles how many files it gave up
 */
public record WorkerProgress(String workerId, Tally done, Tally skipped, long failedFiles) {}
