package io.millrace.job.result;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.contracts.v1.FailedItem;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Fate;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Lost;
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
    private final int maxTries;
    private final Map<String, List<BatchItem>> items = new HashMap<>();

    /**
     * @param maxMoves how often items may be found to be another worker's
     * @param maxTries how often items that are loaded may fail
     */
    Accounting(JobKind kind, OpenBatch batch, int maxMoves, int maxTries) {
        this.kind = kind;
        this.batch = batch;
        this.layout = new BlockLayout(batch.blockBytes());
        this.maxMoves = maxMoves;
        this.maxTries = maxTries;
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
                Lost.of(Fate.FAILED, batch.tally()),
                failures,
                List.of(),
                Tally.NONE,
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
        List<BatchItem> retried = new ArrayList<>();
        Set<BatchItem> told = new HashSet<>();
        for (FailedItem item : result.getFailedList()) {
            BatchItem known = known(item.getItem());
            if (known == null || !told.add(known)) {
                continue;
            }
            if (mayBeWell(code(item.getCode()))) {
                retried.add(known);
            } else {
                failures.add(failed(known, item.getCode(), reason(item)));
            }
        }
        for (BatchItem item : result.getMovedList()) {
            BatchItem known = known(item);
            if (known == null || !isMovable() || !told.add(known)) {
                continue;
            }
            if (batch.course().moves() >= maxMoves) {
                failures.add(failed(known, ErrorCode.UNAVAILABLE.name(), movedTooOften()));
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
        return balance(result, failures, new Again(moved, returned, retried));
    }

    /** A free batch is begun as a whole, or not. */
    private Outcome returnedWhole() {
        return new Outcome(
                Tally.NONE,
                Tally.NONE,
                Lost.NONE,
                List.of(),
                List.of(),
                Tally.NONE,
                batch.message().getItemsList(),
                batch.tally(),
                List.of(),
                Tally.NONE,
                "");
    }

    /** Whether another try can bring what this one did not. */
    private boolean mayBeWell(ErrorCode code) {
        return kind.isLoading()
                && code.retry() != ErrorCode.Retry.NEVER
                && batch.course().tries() + 1 < maxTries;
    }

    private String reason(FailedItem item) {
        int tries = batch.course().tries() + 1;
        return tries == 1 ? item.getMessage() : item.getMessage() + " (tried " + tries + " times)";
    }

    /** What is freed or verified is so wherever it lies. */
    private boolean isMovable() {
        return kind.isLoading();
    }

    /** What is to be done again. */
    private record Again(
            List<BatchItem> moved, List<BatchItem> returned, List<BatchItem> retried) {}

    private Outcome balance(BatchResult result, List<Outcome.FailedFile> failures, Again again) {
        Tally movedTally = tally(again.moved());
        Tally returnedTally = tally(again.returned());
        Tally retriedTally = tally(again.retried());
        Tally expected = batch.tally().minus(movedTally).minus(returnedTally).minus(retriedTally);
        Lost lost = lost(failures, expected);
        Tally rest = expected.minus(lost.total());
        Tally done = new Tally(result.getDoneFiles(), result.getDoneBytes());
        Tally skipped = new Tally(result.getSkippedFiles(), result.getSkippedBytes());
        String complaint = "";
        if (kind == JobKind.FREE) {
            done = smaller(done, rest);
            skipped = rest.minus(done);
        } else if (!done.plus(skipped).equals(rest)) {
            complaint = complaint(result, done.plus(skipped).plus(lost.total()), expected);
            done = smaller(done, rest);
            skipped = smaller(skipped, rest.minus(done));
            Tally missing = rest.minus(done).minus(skipped);
            lost = lost.plus(Fate.FAILED, missing);
            if (!missing.equals(Tally.NONE)) {
                failures.add(missing(missing, complaint));
            }
        }
        return new Outcome(
                done,
                skipped,
                lost,
                failures,
                again.moved(),
                movedTally,
                again.returned(),
                returnedTally,
                again.retried(),
                retriedTally,
                complaint);
    }

    /** A file that cannot be freed is told whole; the worker's share of it is not known. */
    private Lost lost(List<Outcome.FailedFile> failures, Tally expected) {
        Lost lost = Lost.NONE;
        for (Outcome.FailedFile file : failures) {
            Tally tally = new Tally(file.counted() ? 1 : 0, file.failure().bytes());
            lost =
                    lost.plus(
                            file.failure().fate(),
                            kind == JobKind.FREE
                                    ? smaller(tally, expected.minus(lost.total()))
                                    : tally);
        }
        return lost;
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
                + (batch.course().moves() + 1)
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
