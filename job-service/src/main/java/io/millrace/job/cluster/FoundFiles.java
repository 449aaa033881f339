package io.millrace.job.cluster;

import io.millrace.contracts.v1.WalkedFile;
import io.millrace.job.ledger.Differences;
import java.util.List;

/**
 * One page of the files below a path.
 *
 * @param files in the namespace's order
 * @param differences in the directories that the page came to the end of; of a sync
 * @param nextCursor where the next page begins; empty: this was the last
 */
public record FoundFiles(List<WalkedFile> files, Differences differences, String nextCursor) {

    public boolean last() {
        return nextCursor.isEmpty();
    }
}
