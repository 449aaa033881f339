package io.millrace.job.result;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Lost;
import io.millrace.job.ledger.Tally;
import java.util.List;
import java.util.stream.Stream;

/**
 * What one result changes: done + skipped + lost + moved + returned + retried = what the batch has
 * to account for.
 *
 * @param done to be added
 * @param skipped to be added
 * @param lost to be added
 * @param failures the same, file by file
 * @param moved to be planned again; empty: nothing
 * @param movedTally what they count and account for
 * @param returned what the worker has not begun; empty: nothing
 * @param returnedTally what they count and account for
 * @param retried what has failed and may be well the next time; empty: nothing
 * @param retriedTally what they count and account for
 * @param complaint what is wrong with the result; empty: nothing
 */
record Outcome(
        Tally done,
        Tally skipped,
        Lost lost,
        List<FailedFile> failures,
        List<BatchItem> moved,
        Tally movedTally,
        List<BatchItem> returned,
        Tally returnedTally,
        List<BatchItem> retried,
        Tally retriedTally,
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
        returned = List.copyOf(returned);
        retried = List.copyOf(retried);
    }

    /** Items that will be sent again. */
    List<BatchItem> stillOpen() {
        return Stream.of(moved, returned, retried).flatMap(List::stream).toList();
    }
}
