package io.millrace.job.plan;

import io.millrace.contracts.v1.WalkedFile;
import io.millrace.job.cluster.Cluster;
import io.millrace.job.cluster.FoundFiles;
import io.millrace.job.cluster.Topology;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.NewBatch;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.job.ledger.Tally;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Plans jobs page by page. A step takes one job under a lease, asks for the next page of files,
 * cuts it by owner and stores batches, cursor and counts in one transaction: a step that is lost
 * half way has done nothing, and one that comes late (its lease was taken by another replica) is
 * fenced off by the lease's token.
 *
 * <p>Back-pressure: while a job has as many open batches as its workers may have, no page is asked
 * for. What stands in the way (no live worker, a metadata-service that does not answer) is written
 * into the job, and bounded by the stall timeout.
 */
public final class Planner {

    /** How soon a job whose batches are many enough is looked at again. */
    private static final Duration BACK_PRESSURE_PAUSE = Duration.ofMillis(100);

    private final PlanStore store;
    private final Ledger ledger;
    private final Cluster cluster;
    private final PlanSettings settings;

    public Planner(Database database, Ledger ledger, Cluster cluster, PlanSettings settings) {
        this.store = new PlanStore(database, ledger);
        this.ledger = ledger;
        this.cluster = cluster;
        this.settings = settings;
    }

    /**
     * Plans one page of one job, or one batch of moved files again.
     *
     * @return whether there was anything to do
     * @throws MillraceException UNAVAILABLE when the database is away; nothing is lost
     */
    public boolean step() {
        boolean again = planAgain();
        Optional<PlanStore.Claim> claim = store.claim(settings.lease());
        claim.ifPresent(this::plan);
        return again || claim.isPresent();
    }

    private void plan(PlanStore.Claim claim) {
        try {
            planPage(claim);
        } catch (MillraceException e) {
            if (isFinal(e.code())) {
                ledger.fail(claim.id(), "planning failed: " + e.getMessage());
            } else {
                stall(claim, e.getMessage());
            }
        }
    }

    private void planPage(PlanStore.Claim claim) {
        Topology topology = cluster.topology();
        int workers = topology.owners().size();
        if (workers == 0) {
            stall(claim, "no worker is live: the job waits for one");
            return;
        }
        if (claim.openBatches() >= (long) workers * settings.batchesPerWorker()) {
            store.giveBack(claim, BACK_PRESSURE_PAUSE);
            return;
        }
        FoundFiles page = cluster.walk(claim.path(), claim.cursor(), settings.pageFiles());
        List<NewBatch> batches = cut(claim.kind(), page.files(), topology);
        Tally planned = batches.stream().map(NewBatch::tally).reduce(Tally.NONE, Tally::plus);
        store.commit(claim, page.nextCursor(), page.last(), batches, planned);
    }

    private List<NewBatch> cut(JobKind kind, List<WalkedFile> files, Topology topology) {
        List<Piece> pieces = new ArrayList<>(files.size());
        for (WalkedFile file : files) {
            pieces.add(Piece.whole(file, cluster.layout(file.getSource().getMountId())));
        }
        return cutPieces(kind, pieces, topology, 0);
    }

    private List<NewBatch> cutPieces(
            JobKind kind, List<Piece> pieces, Topology topology, int moves) {
        BatchCutter cutter = new BatchCutter(topology.placement(), settings.limits());
        List<Cut> cuts =
                switch (kind) {
                    case LOAD -> cutter.load(pieces);
                    case FREE -> cutter.free(pieces, topology.owners());
                };
        return cuts.stream()
                .map(cut ->
                        new NewBatch(
                                Optional.of(
                                        new NewBatch.Target(
                                                cut.worker(), cut.slot(), topology.epoch())),
                                cut.blockBytes(),
                                cut.items(),
                                cut.tally(),
                                moves,
                                Duration.ZERO))
                .toList();
    }

    /** Only loads are planned again: a free batch is right wherever it is done. */
    private boolean planAgain() {
        Optional<OpenBatch> due = store.dueAgain();
        if (due.isEmpty()) {
            return false;
        }
        OpenBatch batch = due.get();
        try {
            Topology topology = cluster.topology();
            if (!topology.owners().isEmpty()) {
                store.replace(batch, current -> recut(current, topology));
                return true;
            }
            ledger.notice(batch.job(), "no worker is live: the job waits for one");
        } catch (MillraceException e) {
            ledger.notice(batch.job(), e.getMessage());
        }
        store.putOff(batch, settings.retryPause());
        return false;
    }

    private List<NewBatch> recut(OpenBatch batch, Topology topology) {
        BlockLayout layout = new BlockLayout(batch.blockBytes());
        List<Piece> pieces =
                batch.message().getItemsList().stream()
                        .map(item -> Piece.again(item, layout))
                        .toList();
        return cutPieces(JobKind.LOAD, pieces, topology, batch.moves());
    }

    private void stall(PlanStore.Claim claim, String reason) {
        if (claim.stalled().compareTo(settings.stallTimeout()) > 0) {
            ledger.fail(
                    claim.id(),
                    "planning got nowhere for longer than millrace.jobs.stall-timeout ("
                            + settings.stallTimeout().toSeconds()
                            + " s): "
                            + reason);
        } else {
            store.stall(claim, settings.retryPause(), reason);
        }
    }

    /** Whether trying again cannot help. */
    private static boolean isFinal(ErrorCode code) {
        return switch (code) {
            case BUSY,
                    NO_SPACE,
                    UNAVAILABLE,
                    DEADLINE_EXCEEDED,
                    INTERRUPTED,
                    CORRUPT,
                    IO_ERROR,
                    INTERNAL,
                    STALE_VERSION ->
                    false;
            case INVALID_ARGUMENT,
                    NAME_TOO_LONG,
                    NOT_FOUND,
                    NOT_A_DIRECTORY,
                    IS_A_DIRECTORY,
                    ALREADY_EXISTS,
                    CONFLICT,
                    RANGE_NOT_SATISFIABLE,
                    PERMISSION_DENIED,
                    READ_ONLY ->
                    true;
        };
    }
}
