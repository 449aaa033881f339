package io.millrace.job.plan;

import io.millrace.job.cluster.Cluster;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Tally;
import io.millrace.model.ByteCount;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tells what running a job would mean, and changes nothing. */
public final class DryRun {

    private final Cluster cluster;
    private final Ledger ledger;
    private final PaceStore paces;
    private final Estimator estimator;
    private final PriceTable prices;

    public DryRun(Database database, Ledger ledger, Cluster cluster, EstimateSettings settings) {
        this.cluster = cluster;
        this.ledger = ledger;
        this.paces = new PaceStore(database);
        this.estimator = new Estimator(cluster, settings);
        this.prices = settings.prices();
    }

    /**
     * @throws MillraceException NOT_FOUND when there is nothing at the path, and as {@link
     *     Estimator#estimate}
     */
    public Plan plan(Order order) {
        cluster.requireExists(order.path());
        Estimate estimate = estimator.estimate(order.kind(), order.path(), order.selection());
        return new Plan(
                estimate,
                prices.of(estimate.requests(), estimate.fetch().bytes()),
                expected(order, estimate),
                obstacles(order, estimate));
    }

    private Optional<Duration> expected(Order order, Estimate estimate) {
        Tally work = order.kind().isLoading() ? estimate.fetch() : estimate.total();
        return work.files() == 0
                ? Optional.of(Duration.ZERO)
                : paces.recent(order.kind())
                        .map(pace -> pace.timeFor(work, estimate.requests(), order.controls()));
    }

    private List<String> obstacles(Order order, Estimate estimate) {
        List<String> obstacles = new ArrayList<>();
        Optional<JobId> running = ledger.running(order.kind(), order.path());
        running.ifPresent(id -> obstacles.add(Ledger.runsAlready(order, id)));
        if (order.kind() == JobKind.PIN) {
            cluster.refusalToPin(order.path().toString()).ifPresent(obstacles::add);
        }
        if (estimate.workers().isEmpty() && order.kind() != JobKind.UNPIN) {
            obstacles.add("no worker is live: the job would wait for one");
        }
        for (Estimate.WorkerPart part : estimate.workers()) {
            if (part.heldBytes() > part.capacityBytes()) {
                obstacles.add(
                        "worker %s would have to hold %s of it and has room for %s"
                                .formatted(
                                        part.worker(),
                                        new ByteCount(part.heldBytes()),
                                        new ByteCount(part.capacityBytes())));
            }
        }
        estimate.unreachable()
                .forEach(worker ->
                        obstacles.add(
                                "worker %s does not say what it holds: it counts as empty"
                                        .formatted(worker)));
        return obstacles;
    }
}
