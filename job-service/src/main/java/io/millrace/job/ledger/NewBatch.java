package io.millrace.job.ledger;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A batch to be stored: its row is its entry in the outbox.
 *
 * @param target for whom; empty: to be planned again when due
 * @param blockBytes how its files are cut
 * @param items what is to be done
 * @param tally files it counts, and bytes it must account for
 * @param course what its items have been through
 * @param delay from now until it is due
 */
public record NewBatch(
        Optional<Target> target,
        long blockBytes,
        List<BatchItem> items,
        Tally tally,
        Course course,
        Duration delay) {

    /**
     * Who is to do a batch.
     *
     * @param worker the owner of {@code slot} when the batch was cut
     * @param slot the partition it is sent to
     * @param ringEpoch the ring it was cut by
     */
    public record Target(WorkerId worker, int slot, long ringEpoch) {}

    public NewBatch {
        items = List.copyOf(items);
    }
}
