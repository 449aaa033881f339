package io.millrace.job.result;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Tally;
import java.util.List;

/**
 * What one result changes: done + skipped + failed + moved = what the batch has to account for.
 *
 * @param done to be added
 * @param skipped to be added
 * @param failed to be added
 * @param failures the same, file by file
 * @param moved to be planned again; empty: nothing
 * @param movedTally what they count and account for
 * @param complaint what is wrong with the result; empty: nothing
 */
record Outcome(
        Tally done,
        Tally skipped,
        Tally failed,
        List<FailedFile> failures,
        List<BatchItem> moved,
        Tally movedTally,
        String complaint) {

    /**
     * One file that failed, or a part of one.
     *
     * @param failure what is listed
     * @param counted whether the file is counted in this batch
     */
    record FailedFile(Failure failure, boolean counted) {}

    Outcome {
        failures = List.copyOf(failures);
        moved = List.copyOf(moved);
    }
}
