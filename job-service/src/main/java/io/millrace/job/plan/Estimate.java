package io.millrace.job.plan;

import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Tally;
import io.millrace.model.WorkerId;
import java.util.List;

/**
 * What a job would come to, as things are now.
 *
 * @param kind of the job
 * @param path of the job
 * @param total the selected files; where a job makes several copies, bytes count for each
 * @param unselectedFiles that are left out
 * @param resident of the total, what is in the cache: files that lack no byte (an empty one lacks
 *     none), and bytes
 * @param fetch what a load would bring: files that lack something, and the bytes they lack
 * @param requests what the bucket would be asked, when nothing comes from another worker
 * @param workers that are live, by id
 * @param unreachable of them, which did not say what they hold: they count as empty
 * @param homelessBytes that would be fetched and have no owner
 * @param hash of the files, their versions and lengths: equal for equal snapshots
 */
public record Estimate(
        JobKind kind,
        String path,
        Tally total,
        long unselectedFiles,
        Tally resident,
        Tally fetch,
        Requests requests,
        List<WorkerPart> workers,
        List<WorkerId> unreachable,
        long homelessBytes,
        String hash) {

    /** Requests to the bucket, by kind. */
    public record Requests(long get, long head) {}

    /**
     * A worker's part in a load.
     *
     * @param heldBytes of the selected files, when all is loaded
     * @param fetchBytes of these, what is missing
     */
    public record WorkerPart(
            WorkerId worker, long heldBytes, long fetchBytes, long capacityBytes, long usedBytes) {

        /** Whether there is room without eviction. */
        public boolean fits() {
            return fetchBytes <= capacityBytes - usedBytes;
        }
    }

    public Estimate {
        workers = List.copyOf(workers);
        unreachable = List.copyOf(unreachable);
    }

    /** Of all live workers. */
    public long capacityBytes() {
        return workers.stream().mapToLong(WorkerPart::capacityBytes).sum();
    }

    /** Of all live workers. */
    public long usedBytes() {
        return workers.stream().mapToLong(WorkerPart::usedBytes).sum();
    }

    /** Whether each worker has room for what it would fetch, without eviction. */
    public boolean fits() {
        return homelessBytes == 0 && workers.stream().allMatch(WorkerPart::fits);
    }
}
