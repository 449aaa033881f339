package io.millrace.job.pins;

import io.millrace.job.cluster.Cluster;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.Order;
import io.millrace.job.plan.Estimate;
import io.millrace.job.plan.Estimator;
import io.millrace.job.selection.Selection;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;

/**
 * Makes pins hold through ring changes, restarts and lost disks: each pinned path is looked at when
 * it is new, when the ring has changed, when its load has ended, and from time to time. A look asks
 * the workers that own its files what they have, file by file, so that what it says is exact for
 * that moment. What is missing is loaded by a load job like any other.
 *
 * <p>All state is in the database. Each path is under the lease of one replica while it is looked
 * at; when two look all the same, they submit one job, since one load runs on a path at a time.
 */
public final class PinKeeper {

    private static final Logger LOG = System.getLogger(PinKeeper.class.getName());

    private final PinStore store;
    private final Ledger ledger;
    private final Cluster cluster;
    private final Estimator estimator;
    private final PinSettings settings;

    /**
     * @param estimator of its own, so that it does not take what people may run at once
     */
    public PinKeeper(
            Database database,
            Ledger ledger,
            Cluster cluster,
            Estimator estimator,
            PinSettings settings) {
        this.store = new PinStore(database);
        this.ledger = ledger;
        this.cluster = cluster;
        this.estimator = estimator;
        this.settings = settings;
    }

    /** What a step did. */
    public enum Step {
        /** No path is due. */
        NOTHING,
        /** It looked at a path, and all was there, or is being loaded, or must wait. */
        LOOKED,
        /** It looked at a path and submitted a load of it. */
        SUBMITTED
    }

    /** The pinned paths that lie below no other, as they were last seen. */
    public List<Pin> pins() {
        return store.all();
    }

    /**
     * Looks at one path that is due.
     *
     * @throws MillraceException UNAVAILABLE and the like when the metadata-service or the database
     *     is away; it is tried again
     */
    public Step step() {
        store.keepOnly(cluster.pinnedPaths().stream().map(NamespacePath::toString).toList());
        long epoch = cluster.topology().epoch();
        Optional<PinStore.Claim> claimed =
                store.claim(epoch, settings.checkEvery(), settings.lease());
        if (claimed.isEmpty()) {
            return Step.NOTHING;
        }
        PinStore.Claim claim = claimed.get();
        try {
            return look(claim, epoch);
        } catch (MillraceException e) {
            if (e.code().retry() == ErrorCode.Retry.AFTER_PAUSE
                    && e.code() != ErrorCode.DEADLINE_EXCEEDED) {
                store.giveBack(claim, settings.retryPause());
                throw e;
            }
            store.failed(claim, epoch, e.getMessage());
            return Step.LOOKED;
        }
    }

    private Step look(PinStore.Claim claim, long epoch) {
        Estimate estimate =
                estimator.estimate(JobKind.LOAD, NamespacePath.parse(claim.path()), Selection.ALL);
        Step step = Step.LOOKED;
        if (estimate.resident().bytes() < estimate.total().bytes() && claim.mayLoad()) {
            step = load(claim, estimate);
        }
        store.seen(claim, epoch, estimate);
        return step;
    }

    private Step load(PinStore.Claim claim, Estimate estimate) {
        Optional<JobId> running = ledger.running(JobKind.LOAD, NamespacePath.parse(claim.path()));
        if (running.isPresent()) {
            store.loading(claim, running.get());
            return Step.LOOKED;
        }
        Job job =
                ledger.submit(Order.of(JobKind.LOAD, NamespacePath.parse(claim.path()))).accepted();
        store.loading(claim, job.id());
        LOG.log(
                Level.INFO,
                "event=pin-lacks path={0} bytes={1} of={2} job={3}",
                claim.path(),
                Long.toString(estimate.total().bytes() - estimate.resident().bytes()),
                Long.toString(estimate.total().bytes()),
                job.id());
        return Step.SUBMITTED;
    }
}
