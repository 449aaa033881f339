package io.millrace.block.batch;

import io.millrace.block.cluster.ClusterView;
import io.millrace.block.fill.Filler;
import io.millrace.block.mounts.MountTable;
import io.millrace.cache.CacheStore;
import io.millrace.cache.Verification;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.BatchKind;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.contracts.v1.FailedItem;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.model.Placement;
import io.millrace.model.WorkerId;
import io.millrace.understore.ObjectStatus;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Runs one batch and says what became of each item. Running it again does no harm: what is resident
 * is not fetched again, and told as it was told the first time.
 */
public final class BatchRunner {

    private final Filler filler;
    private final CacheStore cache;
    private final MountTable mounts;
    private final ClusterView cluster;
    private final InstantSource clock;
    private final Semaphore items;
    private final JobGates gates;
    private final LoadedItems loadedItems = new LoadedItems();
    private volatile boolean stopped;

    public BatchRunner(
            Filler filler,
            CacheStore cache,
            MountTable mounts,
            ClusterView cluster,
            InstantSource clock,
            int items,
            JobGates gates) {
        this.filler = filler;
        this.cache = cache;
        this.mounts = mounts;
        this.cluster = cluster;
        this.clock = clock;
        this.items = new Semaphore(items);
        this.gates = gates;
    }

    /** What became of one item. */
    private sealed interface Outcome {
        record Done(BatchItem item, long bytes) implements Outcome {}

        record Skipped(BatchItem item, long bytes) implements Outcome {}

        record Failed(BatchItem item, ErrorCode code, String message) implements Outcome {}

        /** Checked, but for what was not there. */
        record Verified(BatchItem item, long bytes, long absentBytes) implements Outcome {}

        record Moved(BatchItem item) implements Outcome {}

        record Returned(BatchItem item) implements Outcome {}
    }

    /**
     * Runs {@code batch} to its end.
     *
     * @throws MillraceException INTERRUPTED when {@link #stop} came first: there is no result
     */
    public BatchResult run(Batch batch) {
        long started = clock.millis();
        BatchResult.Builder result =
                BatchResult.newBuilder()
                        .setBatchId(batch.getBatchId())
                        .setJobId(batch.getJobId())
                        .setAttempt(batch.getAttempt())
                        .setWorkerId(cluster.self().value())
                        .setStartedMillis(started);
        JobTurn turn = new JobTurn(gates.of(batch), items, System::nanoTime);
        Set<BatchItem> loaded = loadedItems.of(batch);
        List<Future<List<Outcome>>> running = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        // What is freed is so at once.
        boolean whole = batch.getKind() == BatchKind.BATCH_KIND_FREE;
        boolean wait = whole && turn.isOver();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (BatchItem item : batch.getItemsList()) {
                if (wait || !whole && !turn.enter()) {
                    outcomes.add(new Outcome.Returned(item));
                    continue;
                }
                items.acquireUninterruptibly();
                running.add(
                        threads.submit(() -> {
                            try {
                                return run(
                                        batch.getKind(),
                                        item,
                                        new Load(turn, loaded, batch.getOwnerRank()));
                            } finally {
                                items.release();
                                if (!whole) {
                                    turn.leave();
                                }
                            }
                        }));
            }
        }
        checkRunning();
        running.forEach(one -> outcomes.addAll(one.resultNow()));
        outcomes.forEach(outcome -> add(result, outcome));
        return result.setFinishedMillis(clock.millis()).build();
    }

    /**
     * What a batch's items share.
     *
     * @param loaded what the batch has loaded, now or when it was delivered before
     * @param ownerRank for which of the owners it is
     */
    private record Load(JobTurn turn, Set<BatchItem> loaded, int ownerRank) {}

    /** Begins no more items; a batch that is not at its end has no result. */
    public void stop() {
        stopped = true;
        gates.close();
    }

    private void checkRunning() {
        if (stopped) {
            throw new MillraceException(ErrorCode.INTERRUPTED, "the worker stops");
        }
    }

    private List<Outcome> run(BatchKind kind, BatchItem item, Load how) {
        try {
            checkRunning();
            FileSource source = Messages.fromMessage(item.getSource());
            return switch (kind) {
                case BATCH_KIND_LOAD -> load(item, source, how);
                case BATCH_KIND_FREE -> List.of(free(item, source));
                case BATCH_KIND_VERIFY -> List.of(verify(item, source));
                case BATCH_KIND_UNSPECIFIED, UNRECOGNIZED ->
                        throw new MillraceException(
                                ErrorCode.INVALID_ARGUMENT,
                                "a batch of kind " + kind + " cannot be run");
            };
        } catch (MillraceException e) {
            return List.of(new Outcome.Failed(item, e.code(), e.getMessage()));
        } catch (RuntimeException e) {
            return List.of(new Outcome.Failed(item, ErrorCode.INTERNAL, String.valueOf(e)));
        }
    }

    private Outcome free(BatchItem item, FileSource source) {
        OptionalLong freed = cache.drop(source.fileVersion());
        return freed.isPresent()
                ? new Outcome.Done(item, freed.getAsLong())
                : new Outcome.Skipped(item, source.length());
    }

    /** The bucket is asked where the file is counted: once for each file. */
    private Outcome verify(BatchItem item, FileSource source) {
        BlockLayout layout = mounts.find(source.mountId()).layout();
        long own =
                item.getBlocksList().stream()
                        .mapToLong(block -> layout.range(block, source.length()).length())
                        .sum();
        if (item.getCountsFile()) {
            Optional<Outcome> lost = lost(item, source);
            if (lost.isPresent()) {
                return lost.get();
            }
        }
        return switch (cache.verify(source.fileVersion())) {
            case Verification.Verified(long bytes) -> {
                long verified = Math.min(bytes, own);
                yield new Outcome.Verified(item, verified, own - verified);
            }
            case Verification.Absent() -> new Outcome.Skipped(item, own);
            case Verification.Dropped(long bytes) ->
                    new Outcome.Failed(
                            item,
                            ErrorCode.CORRUPT,
                            bytes + " cached bytes had a wrong checksum and were dropped");
        };
    }

    /** Whether the bucket has the version that was asked for; empty: it has. */
    private Optional<Outcome> lost(BatchItem item, FileSource source) {
        Optional<ObjectStatus> now = mounts.find(source.mountId()).store().stat(source.key());
        if (now.isEmpty()) {
            return Optional.of(
                    new Outcome.Failed(
                            item,
                            ErrorCode.NOT_FOUND,
                            "object " + source.key() + " is no longer in the bucket"));
        }
        return now.get().objectVersion().equals(source.objectVersion())
                        && now.get().length() == source.length()
                ? Optional.empty()
                : Optional.of(
                        new Outcome.Failed(
                                item,
                                ErrorCode.STALE_VERSION,
                                "object "
                                        + source.key()
                                        + " is now at version "
                                        + now.get().objectVersion()
                                        + ", "
                                        + now.get().length()
                                        + " bytes"));
    }

    private List<Outcome> load(BatchItem item, FileSource source, Load how) {
        FileVersion version = source.fileVersion();
        BlockLayout layout = mounts.find(source.mountId()).layout();
        Placement placement = cluster.known().placement();
        List<Integer> own = new ArrayList<>();
        List<Integer> others = new ArrayList<>();
        for (int block : item.getBlocksList()) {
            checkBlock(source, layout, block);
            List<WorkerId> owners =
                    placement.owners(layout.placedBy(version, block, source.length()));
            boolean isOwn =
                    how.ownerRank() < owners.size()
                            && owners.get(how.ownerRank()).equals(cluster.self());
            (isOwn ? own : others).add(block);
        }
        List<Outcome> outcomes = new ArrayList<>();
        if (!others.isEmpty()) {
            outcomes.add(
                    new Outcome.Moved(part(item, others, own.isEmpty() && item.getCountsFile())));
        }
        if (!own.isEmpty()) {
            BatchItem part = others.isEmpty() ? item : part(item, own, item.getCountsFile());
            outcomes.addAll(loadOwn(part, source, layout, how));
        }
        return outcomes;
    }

    private List<Outcome> loadOwn(BatchItem item, FileSource source, BlockLayout layout, Load how) {
        FileVersion version = source.fileVersion();
        List<Integer> done = new ArrayList<>();
        long bytes = 0;
        boolean wasResident = true;
        try {
            for (int block : item.getBlocksList()) {
                checkRunning();
                if (how.turn().isOver()) {
                    break;
                }
                ByteRange range = layout.range(block, source.length());
                wasResident &=
                        filler.load(version, source, range, how.turn())
                                == Filler.Loaded.WAS_RESIDENT;
                bytes += range.length();
                done.add(block);
            }
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.STALE_VERSION) {
                return List.of(whatBecameOf(item, source, e));
            }
            if (e.code() != ErrorCode.INTERRUPTED) {
                return List.of(new Outcome.Failed(item, e.code(), e.getMessage()));
            }
        }
        if (done.isEmpty()) {
            return List.of(new Outcome.Returned(item));
        }
        List<Outcome> outcomes = new ArrayList<>();
        BatchItem did = item;
        if (done.size() < item.getBlocksCount()) {
            List<Integer> rest = item.getBlocksList().subList(done.size(), item.getBlocksCount());
            outcomes.add(new Outcome.Returned(part(item, rest, item.getCountsFile())));
            did = part(item, done, false);
        }
        if (wasResident && !how.loaded().contains(did)) {
            outcomes.add(new Outcome.Skipped(did, bytes));
        } else {
            how.loaded().add(did);
            outcomes.add(new Outcome.Done(did, bytes));
        }
        return outcomes;
    }

    /** A version that cannot be read may have gone or have been followed by another. */
    private Outcome whatBecameOf(BatchItem item, FileSource source, MillraceException why) {
        try {
            return lost(item, source)
                    .orElseGet(() -> new Outcome.Failed(item, why.code(), why.getMessage()));
        } catch (MillraceException e) {
            return new Outcome.Failed(item, why.code(), why.getMessage());
        }
    }

    private static void checkBlock(FileSource source, BlockLayout layout, int block) {
        if (block < 0 || block >= layout.blocks(source.length())) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "file " + source.key() + " has no block " + block);
        }
    }

    private static BatchItem part(BatchItem item, List<Integer> blocks, boolean counts) {
        return item.toBuilder().clearBlocks().addAllBlocks(blocks).setCountsFile(counts).build();
    }

    private static void add(BatchResult.Builder result, Outcome outcome) {
        switch (outcome) {
            case Outcome.Done(BatchItem item, long bytes) ->
                    result.setDoneItems(result.getDoneItems() + 1)
                            .setDoneFiles(result.getDoneFiles() + files(item))
                            .setDoneBytes(result.getDoneBytes() + bytes);
            case Outcome.Skipped(BatchItem item, long bytes) ->
                    result.setSkippedItems(result.getSkippedItems() + 1)
                            .setSkippedFiles(result.getSkippedFiles() + files(item))
                            .setSkippedBytes(result.getSkippedBytes() + bytes);
            case Outcome.Verified(BatchItem item, long bytes, long absentBytes) -> {
                add(result, new Outcome.Done(item, bytes));
                result.setSkippedBytes(result.getSkippedBytes() + absentBytes);
            }
            case Outcome.Failed(BatchItem item, ErrorCode code, String message) ->
                    result.addFailed(
                            FailedItem.newBuilder()
                                    .setItem(item)
                                    .setCode(code.name())
                                    .setMessage(message));
            case Outcome.Moved(BatchItem item) -> result.addMoved(item);
            case Outcome.Returned(BatchItem item) -> result.addReturned(item);
        }
    }

    private static int files(BatchItem item) {
        return item.getCountsFile() ? 1 : 0;
    }
}
