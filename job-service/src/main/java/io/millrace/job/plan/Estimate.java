package io.millrace.job.plan;

import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Tally;

/**
 * What a job would come to.
 *
 * @param kind of the job
 * @param path of the job
 * @param total all files below the path
 * @param resident of these, what is in the cache: files that lack no byte (an empty one lacks
 *     none), and bytes
 * @param getRequests how many GETs the bucket would be asked, when what a file lacks lies together
 * @param capacityBytes of all live workers
 * @param usedBytes of all live workers
 * @param fits whether each worker has room for what it would fetch, without eviction
 */
public record Estimate(
        JobKind kind,
        String path,
        Tally total,
        Tally resident,
        long getRequests,
        long capacityBytes,
        long usedBytes,
        boolean fits) {}
