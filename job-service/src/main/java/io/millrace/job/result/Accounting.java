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
                Tally.NONE,
                Tally.NONE,
                batch.tally(),
                failures,
                List.of(),
                Tally.NONE,
                List.of(),
                Tally.NONE,
                "");
    }

    Outcome outcome(BatchResult result) {
        if (kind == JobKind.FREE && result.getReturnedCount() > 0) {
            return returnedWhole();
        }
        List<Outcome.FailedFile> failures = new ArrayList<>();
        List<BatchItem> moved = new ArrayList<>();
        List<BatchItem> returned = new ArrayList<>();
        Tally failed = Tally.NONE;
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
            }
        }
        for (BatchItem item : result.getReturnedList()) {
            BatchItem known = known(item);
            if (known != null && told.add(known)) {
                returned.add(known);
            }
        }
        return balance(result, failures, failed, new Again(moved, returned));
    }

    /** A free batch is begun as a whole, or not. */
    private Outcome returnedWhole() {
        return new Outcome(
                Tally.NONE,
                Tally.NONE,
                Tally.NONE,
                List.of(),
                List.of(),
                Tally.NONE,
                batch.message().getItemsList(),
                batch.tally(),
                "");
    }

    /** What is to be done again. */
    private record Again(List<BatchItem> moved, List<BatchItem> returned) {}

    private Outcome balance(
            BatchResult result,
            List<Outcome.FailedFile> failures,
            Tally reportedFailed,
            Again again) {
        Tally movedTally = tally(again.moved());
        Tally returnedTally = tally(again.returned());
        Tally expected = batch.tally().minus(movedTally).minus(returnedTally);
        Tally failed = kind == JobKind.LOAD ? reportedFailed : smaller(reportedFailed, expected);
        Tally rest = expected.minus(failed);
        Tally done = new Tally(result.getDoneFiles(), result.getDoneBytes());
        Tally skipped = new Tally(result.getSkippedFiles(), result.getSkippedBytes());
        String complaint = "";
        if (kind == JobKind.FREE) {
            done = smaller(done, rest);
            skipped = rest.minus(done);
        } else if (!done.plus(skipped).equals(rest)) {
            complaint = complaint(result, done.plus(skipped).plus(failed), expected);
            done = smaller(done, rest);
            skipped = smaller(skipped, rest.minus(done));
            Tally missing = rest.minus(done).minus(skipped);
            failed = failed.plus(missing);
            if (!missing.equals(Tally.NONE)) {
                failures.add(missing(missing, complaint));
            }
        }
        return new Outcome(
                done,
                skipped,
                failed,
                failures,
                again.moved(),
                movedTally,
                again.returned(),
                returnedTally,
                complaint);
    }

    private String complaint(BatchResult result, Tally told, Tally expected) {
        return "worker %s accounted for %d files and %d bytes of batch %s, which has %d and %d"
                .formatted(
                        result.getWorkerId(),
                        told.files(),
                        told.bytes(),
                        batch.id(),
                        expected.files(),
                        expected.bytes());
    }

    private Outcome.FailedFile missing(Tally missing, String complaint) {
        return new Outcome.FailedFile(
                new Failure(
                        batch.message().getItems(0).getPath(),
                        missing.bytes(),
                        ErrorCode.INTERNAL,
                        complaint),
                true);
    }

    private Tally tally(List<BatchItem> items) {
        return items.stream().map(this::tally).reduce(Tally.NONE, Tally::plus);
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
