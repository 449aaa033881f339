package io.millrace.job.cluster;

import io.millrace.contracts.v1.WalkedFile;
import java.util.List;

/**
 * One page of the files below a path.
 *
 * @param files in the namespace's order
 * @param nextCursor where the next page begins; empty: this was the last
 */
public record FoundFiles(List<WalkedFile> files, String nextCursor) {

    public boolean last() {
        return nextCursor.isEmpty();
    }
}
