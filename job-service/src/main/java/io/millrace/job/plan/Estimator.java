package io.millrace.job.plan;

import io.millrace.job.cluster.Cluster;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.selection.Selection;
import io.millrace.job.selection.Selector;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.util.concurrent.Semaphore;

/**
 * Tells what a job would do: walks the files page by page and asks the workers what is resident.
 * Memory is bounded by the page. A worker that does not answer counts as empty.
 */
public final class Estimator {

    private final Cluster cluster;
    private final EstimateSettings settings;
    private final Semaphore running;

    public Estimator(Cluster cluster, EstimateSettings settings) {
        this.cluster = cluster;
        this.settings = settings;
        this.running = new Semaphore(settings.concurrency());
    }

    /**
     * Estimates a job of {@code kind} on what is selected below {@code path}.
     *
     * @throws MillraceException BUSY when too many are running; DEADLINE_EXCEEDED when there are
     *     more files than can be looked at in time; what the metadata-service answers
     */
    public Estimate estimate(JobKind kind, NamespacePath path, Selection selection) {
        if (!running.tryAcquire()) {
            throw new MillraceException(
                    ErrorCode.BUSY,
                    settings.concurrency()
                            + " plans are running already (millrace.jobs.max-plans)");
        }
        try {
            return new EstimateRun(cluster, settings, kind, path, new Selector(selection, path))
                    .estimate();
        } finally {
            running.release();
        }
    }
}
