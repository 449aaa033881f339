package io.millrace.job.plan;

import static java.util.Objects.requireNonNull;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.WalkedFile;
import io.millrace.model.BlockId;
import io.millrace.model.BlockLayout;
import io.millrace.model.FileVersion;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Some blocks of a file that are to be given to their owners.
 *
 * @param path of the file
 * @param source its bytes
 * @param version the name of these bytes
 * @param layout how it is cut
 * @param blocks ascending, at least one
 * @param countsFile whether the file is counted with the first of them
 */
record Piece(
        String path,
        FileSource source,
        FileVersion version,
        BlockLayout layout,
        List<Integer> blocks,
        boolean countsFile) {

    Piece {
        requireNonNull(layout);
        blocks = List.copyOf(blocks);
    }

    static Piece whole(WalkedFile file, BlockLayout layout) {
        return new Piece(
                file.getPath(),
                file.getSource(),
                version(file.getSource()),
                layout,
                IntStream.range(0, layout.blocks(file.getSource().getLength())).boxed().toList(),
                true);
    }

    static Piece again(BatchItem item, BlockLayout layout) {
        return new Piece(
                item.getPath(),
                item.getSource(),
                version(item.getSource()),
                layout,
                item.getBlocksList(),
                item.getCountsFile());
    }

    private static FileVersion version(FileSource source) {
        return Messages.fromMessage(source).fileVersion();
    }

    /** The block whose owners are to have {@code block}. */
    BlockId placedBy(int block) {
        return layout.placedBy(version, block, source.getLength());
    }

    long bytes(int block) {
        return layout.range(block, source.getLength()).length();
    }
}
