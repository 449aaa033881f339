package io.millrace.job.plan;

import io.millrace.contracts.v1.WalkedFile;
import io.millrace.job.selection.Selector;
import java.time.Instant;
import java.util.List;

/** The files of a page that are meant. */
final class Selected {

    private Selected() {}

    static List<WalkedFile> of(List<WalkedFile> files, Selector selector) {
        return files.stream()
                .filter(file ->
                        selector.takes(
                                file.getPath(),
                                file.getSource().getLength(),
                                Instant.ofEpochMilli(file.getModifiedMillis())))
                .toList();
    }
}
