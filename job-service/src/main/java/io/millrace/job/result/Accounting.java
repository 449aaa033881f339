package io.millrace.job.result;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.contracts.v1.FailedItem;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.job.ledger.Tally;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds a worker's result against the batch it was given. A pure function: what it returns is what
 * is then stored.
 *
 * <p>A load must account for each byte and file of its batch: what is missing has failed, and the
 * worker is named. A free batch goes to every worker, and each accounts for the bytes of the blocks
 * it owns: what it freed, up to that many, is done, and the rest was not resident.
 */
final class Accounting {

    private final JobKind kind;
    private final OpenBatch batch;
    private final BlockLayout layout;
    private final int maxMoves;
    private final Map<String, List<BatchItem>> items = new HashMap<>();

    Accounting(JobKind kind, OpenBatch batch, int maxMoves) {
        this.kind = kind;
        this.batch = batch;
        this.layout = new BlockLayout(batch.blockBytes());
        this.maxMoves = maxMoves;
        batch.message()
                .getItemsList()
                .forEach(item ->
                        items.computeIfAbsent(item.getPath(), _ -> new ArrayList<>()).add(item));
    }

    /** The batch has no result and is given up: everything in it has failed. */
    Outcome givenUp(ErrorCode code, String message) {
        List<Outcome.FailedFile> failures =
                batch.message().getItemsList().stream()
                        .map(item -> failed(item, code.name(), message))
                        .toList();
        return new Outcome(
                Tally.NONE, Tally.NONE, batch.tally(), failures, List.of(), Tally.NONE, "");
    }

    Outcome outcome(BatchResult result) {
        List<Outcome.FailedFile> failures = new ArrayList<>();
        List<BatchItem> moved = new ArrayList<>();
        Tally failed = Tally.NONE;
        Tally movedTally = Tally.NONE;
        Set<BatchItem> told = new HashSet<>();
        for (FailedItem item : result.getFailedList()) {
            BatchItem known = known(item.getItem());
            if (known != null && told.add(known)) {
                failures.add(failed(known, item.getCode(), item.getMessage()));
                failed = failed.plus(tally(known));
            }
        }
        for (BatchItem item : result.getMovedList()) {
            BatchItem known = known(item);
            if (known == null || kind == JobKind.FREE || !told.add(known)) {
                continue;
            }
            if (batch.moves() >= maxMoves) {
                failures.add(failed(known, ErrorCode.UNAVAILABLE.name(), movedTooOften()));
                failed = failed.plus(tally(known));
            } else {
                moved.add(known);
                movedTally = movedTally.plus(tally(known));
            }
        }
        return balance(result, failures, failed, moved, movedTally);
    }

    private Outcome balance(
            BatchResult result,
            List<Outcome.FailedFile> failures,
            Tally reportedFailed,
            List<BatchItem> moved,
            Tally movedTally) {
        Tally expected = batch.tally().minus(movedTally);
        Tally failed = kind == JobKind.LOAD ? reportedFailed : smaller(reportedFailed, expected);
        Tally rest = expected.minus(failed);
        Tally done = new Tally(result.getDoneFiles(), result.getDoneBytes());
        Tally skipped = new Tally(result.getSkippedFiles(), result.getSkippedBytes());
        if (kind == JobKind.FREE) {
            Tally freed = smaller(done, rest);
            return new Outcome(freed, rest.minus(freed), failed, failures, moved, movedTally, "");
        }
        Tally told = done.plus(skipped);
        if (told.equals(rest)) {
            return new Outcome(done, skipped, failed, failures, moved, movedTally, "");
        }
        String complaint =
                "worker %s accounted for %d files and %d bytes of batch %s, which has %d and %d"
                        .formatted(
                                result.getWorkerId(),
                                told.plus(failed).files(),
                                told.plus(failed).bytes(),
                                batch.id(),
                                expected.files(),
                                expected.bytes());
        Tally believedDone = smaller(done, rest);
        Tally believedSkipped = smaller(skipped, rest.minus(believedDone));
        Tally missing = rest.minus(believedDone).minus(believedSkipped);
        if (!missing.equals(Tally.NONE)) {
            failures.add(
                    new Outcome.FailedFile(
                            new Failure(
                                    batch.message().getItems(0).getPath(),
                                    missing.bytes(),
                                    ErrorCode.INTERNAL,
                                    complaint),
                            true));
        }
        return new Outcome(
                believedDone,
                believedSkipped,
                failed.plus(missing),
                failures,
                moved,
                movedTally,
                complaint);
    }

    private String movedTooOften() {
        return "its blocks had another owner each of "
                + (batch.moves() + 1)
                + " times they were sent (millrace.jobs.max-moves)";
    }

    /** The part of {@code told} that is in the batch; null: none. */
    private @Nullable BatchItem known(BatchItem told) {
        for (BatchItem item : items.getOrDefault(told.getPath(), List.of())) {
            if (told.getBlocksCount() == 0 || told.getBlocksList().equals(item.getBlocksList())) {
                return item;
            }
            Set<Integer> blocks = new HashSet<>(item.getBlocksList());
            blocks.retainAll(new HashSet<>(told.getBlocksList()));
            if (!blocks.isEmpty()) {
                return item.toBuilder()
                        .clearBlocks()
                        .addAllBlocks(blocks.stream().sorted().toList())
                        .setCountsFile(item.getCountsFile() && told.getCountsFile())
                        .build();
            }
        }
        return null;
    }

    private Outcome.FailedFile failed(BatchItem item, String code, String message) {
        return new Outcome.FailedFile(
                new Failure(item.getPath(), tally(item).bytes(), code(code), message),
                item.getCountsFile());
    }

    private Tally tally(BatchItem item) {
        long length = item.getSource().getLength();
        long bytes =
                kind == JobKind.FREE
                        ? length
                        : item.getBlocksList().stream()
                                .mapToLong(block -> layout.range(block, length).length())
                                .sum();
        return new Tally(item.getCountsFile() ? 1 : 0, bytes);
    }

    private static ErrorCode code(String name) {
        for (ErrorCode code : ErrorCode.values()) {
            if (code.name().equals(name)) {
                return code;
            }
        }
        return ErrorCode.INTERNAL;
    }

    private static Tally smaller(Tally a, Tally b) {
        return new Tally(
                Math.max(0, Math.min(a.files(), b.files())),
                Math.max(0, Math.min(a.bytes(), b.bytes())));
    }
}
