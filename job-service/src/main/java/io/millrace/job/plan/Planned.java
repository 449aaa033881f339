package io.millrace.job.plan;

import io.millrace.job.ledger.Differences;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.NewBatch;
import io.millrace.job.ledger.Tally;
import java.util.List;

/**
 * What planning a page comes to.
 *
 * @param batches to be sent
 * @param listed files that are done by having been listed
 * @param vanished files that are gone already
 * @param unselected files that are left out
 * @param differences that a sync has found
 * @param nextCursor where the next page begins
 * @param last whether there is none
 */
record Planned(
        List<NewBatch> batches,
        long listed,
        List<Failure> vanished,
        long unselected,
        Differences differences,
        String nextCursor,
        boolean last) {

    static Planned of(List<NewBatch> batches, String nextCursor, boolean last) {
        return new Planned(batches, 0, List.of(), 0, Differences.NONE, nextCursor, last);
    }

    /** What the job has to account for with it. */
    Tally tally() {
        return batches.stream()
                .map(NewBatch::tally)
                .reduce(new Tally(listed, 0), Tally::plus)
                .plus(vanishedTally());
    }

    Tally vanishedTally() {
        return new Tally(vanished.size(), vanished.stream().mapToLong(Failure::bytes).sum());
    }
}
