package io.millrace.job.plan;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.job.ledger.Tally;
import io.millrace.model.WorkerId;
import java.util.List;

/**
 * A batch to be made.
 *
 * @param worker for whom
 * @param slot one that it owns
 * @param blockBytes how the files are cut; all of one batch alike
 * @param items what is to be done
 * @param tally files it counts, and bytes it must account for
 */
public record Cut(WorkerId worker, int slot, long blockBytes, List<BatchItem> items, Tally tally) {

    public Cut {
        items = List.copyOf(items);
    }
}
