package io.millrace.job.plan;

import io.millrace.contracts.v1.WalkedFile;
import io.millrace.job.cluster.Cluster;
import io.millrace.job.cluster.FoundFiles;
import io.millrace.job.cluster.Topology;
import io.millrace.job.ledger.Course;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.Differences;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.NewBatch;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.job.ledger.Page;
import io.millrace.job.selection.Selector;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

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

    /** Between the beginning of a sync and the cursor of its walk. */
    private static final String SINCE = "|";

    /** Each is asked for by itself. */
    private static final int MOST_RESOLVED = 200;

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
        if (claim.kind() == JobKind.UNPIN) {
            cluster.unpin(claim.path());
            store.commit(claim, Planned.of(List.of(), "", true));
            return;
        }
        if (claim.kind() == JobKind.SYNC) {
            store.commit(claim, syncPage(claim));
            return;
        }
        if (claim.kind() == JobKind.PIN && claim.cursor().isEmpty()) {
            pin(claim);
        }
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
        store.commit(
                claim,
                claim.retryOf().isPresent()
                        ? failedPage(claim, claim.retryOf().get(), topology)
                        : page(claim, topology));
    }

    /** More than fits is refused at once: waiting makes no room for pins. */
    private void pin(PlanStore.Claim claim) {
        try {
            cluster.pin(claim.path());
        } catch (MillraceException e) {
            throw e.code() == ErrorCode.NO_SPACE
                    ? new MillraceException(ErrorCode.CONFLICT, e.getMessage(), e)
                    : e;
        }
    }

    private Planned page(PlanStore.Claim claim, Topology topology) {
        FoundFiles page = cluster.walk(claim.path(), claim.cursor(), settings.pageFiles());
        List<WalkedFile> selected =
                Selected.of(
                        page.files(),
                        new Selector(claim.selection(), NamespacePath.parse(claim.path())));
        boolean listing = claim.kind().isListing();
        return new Planned(
                listing ? List.of() : cut(claim.kind(), selected, topology),
                listing ? selected.size() : 0,
                List.of(),
                page.files().size() - selected.size(),
                Differences.NONE,
                page.nextCursor(),
                page.last());
    }

    /** The cursor holds when the sync began: whoever goes on asks for what was found since then. */
    private Planned syncPage(PlanStore.Claim claim) {
        if (claim.cursor().isEmpty()) {
            return Planned.of(List.of(), cluster.beginSync(claim.path()) + SINCE, false);
        }
        String[] at = claim.cursor().split(Pattern.quote(SINCE), 2);
        FoundFiles page =
                cluster.sync(claim.path(), at[1], settings.pageFiles(), Long.parseLong(at[0]));
        return new Planned(
                List.of(),
                page.files().size(),
                List.of(),
                0,
                page.differences(),
                at[0] + SINCE + page.nextCursor(),
                page.last());
    }

    /** The files that another job could not do, as they are now. */
    private Planned failedPage(PlanStore.Claim claim, JobId job, Topology topology) {
        int limit = Math.min(settings.pageFiles(), MOST_RESOLVED);
        Page<Failure> page = ledger.failures(job, claim.cursor(), limit);
        List<WalkedFile> files = new ArrayList<>();
        List<Failure> vanished = new ArrayList<>();
        for (Failure failure : page.items()) {
            Optional<WalkedFile> file = cluster.file(failure.path());
            file.ifPresentOrElse(
                    files::add,
                    () ->
                            vanished.add(
                                    new Failure(
                                            failure.path(),
                                            0,
                                            ErrorCode.NOT_FOUND,
                                            "there is no file at this path any more")));
        }
        return new Planned(
                cut(claim.kind(), files, topology),
                0,
                vanished,
                0,
                Differences.NONE,
                page.more() ? page.items().getLast().path() : "",
                !page.more());
    }

    private List<NewBatch> cut(JobKind kind, List<WalkedFile> files, Topology topology) {
        List<Piece> pieces = new ArrayList<>(files.size());
        for (WalkedFile file : files) {
            pieces.add(Piece.whole(file, cluster.layout(file.getSource().getMountId())));
        }
        BatchCutter cutter = new BatchCutter(topology.placement(), settings.limits());
        return switch (kind) {
            case LOAD, PIN -> batches(cutter.load(pieces), topology, Course.FRESH);
            case FREE -> batches(cutter.free(pieces, topology.owners()), topology, Course.FRESH);
            case VERIFY ->
                    batches(cutter.verify(pieces, topology.owners()), topology, Course.FRESH);
            case WARM_REPLICAS -> replicas(pieces, cutter, topology);
            case LOAD_METADATA, SYNC, UNPIN -> List.of();
        };
    }

    private List<NewBatch> replicas(List<Piece> pieces, BatchCutter cutter, Topology topology) {
        PathPolicies policies = cluster.policies();
        List<NewBatch> batches = new ArrayList<>();
        List<Piece> left = pieces;
        for (int rank = 0; !left.isEmpty(); rank++) {
            batches.addAll(batches(cutter.load(left, rank), topology, Course.FRESH.forOwner(rank)));
            int next = rank + 1;
            left =
                    left.stream()
                            .filter(piece ->
                                    policies.effective(NamespacePath.parse(piece.path()))
                                                    .replicasOr(1)
                                            > next)
                            .toList();
        }
        return batches;
    }

    private static List<NewBatch> batches(List<Cut> cuts, Topology topology, Course course) {
        return cuts.stream()
                .map(cut ->
                        new NewBatch(
                                Optional.of(
                                        new NewBatch.Target(
                                                cut.worker(), cut.slot(), topology.epoch())),
                                cut.blockBytes(),
                                cut.items(),
                                cut.tally(),
                                course,
                                Duration.ZERO))
                .toList();
    }

    /** Only loads are planned again: what is freed or verified is so wherever it lies. */
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
        int rank = Math.min(batch.course().ownerRank(), topology.owners().size() - 1);
        return batches(
                new BatchCutter(topology.placement(), settings.limits()).load(pieces, rank),
                topology,
                batch.course().forOwner(rank));
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
