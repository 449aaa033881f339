package io.millrace.job.ledger;

import io.millrace.contracts.v1.Batch;

/**
 * A batch without a result.
 *
 * @param id its name; results carry it
 * @param job whose it is
 * @param attempt how often it was sent, this time included; from 1
 * @param worker for whom it was cut; empty: to be planned again
 * @param course what its items have been through
 * @param tally files it counts, and bytes it must account for
 * @param blockBytes how its files are cut
 * @param message what is sent, but for the attempt
 */
public record OpenBatch(
        String id,
        JobId job,
        int attempt,
        String worker,
        Course course,
        Tally tally,
        long blockBytes,
        Batch message) {}
