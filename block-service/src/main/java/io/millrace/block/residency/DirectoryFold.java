package io.millrace.block.residency;

import io.millrace.block.known.Directory;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a summary small: adds small directories to the ones they lie in, the deepest first, until
 * few enough are left. What is told stays true, only coarser: each file is still counted once, in
 * its directory or in one above it.
 */
final class DirectoryFold {

    /** Of one directory in the message, beside its path. */
    private static final int BYTES_BESIDE_PATH = 48;

    private final int mostDirectories;
    private final long mostBytes;
    private final Map<Directory, Sum> sums;
    private long bytes;

    private DirectoryFold(Map<Directory, Sum> sums, int mostDirectories, long mostBytes) {
        this.sums = new HashMap<>(sums);
        this.mostDirectories = mostDirectories;
        this.mostBytes = mostBytes;
        sums.keySet().forEach(directory -> bytes += size(directory));
    }

    /**
     * Folds {@code sums}.
     *
     * @param mostDirectories 1 or more; roots of mounts are kept whatever it is
     * @param mostBytes of the message, roughly
     */
    static Map<Directory, Sum> fold(Map<Directory, Sum> sums, int mostDirectories, long mostBytes) {
        DirectoryFold fold = new DirectoryFold(sums, mostDirectories, mostBytes);
        int depth = sums.keySet().stream().mapToInt(Directory::depth).max().orElse(0);
        while (depth > 0 && !fold.isSmall()) {
            fold.foldAt(depth);
            depth--;
        }
        return fold.sums;
    }

    private boolean isSmall() {
        return sums.size() <= mostDirectories && bytes <= mostBytes;
    }

    private void foldAt(int depth) {
        List<Directory> smallestFirst =
                sums.keySet().stream()
                        .filter(directory -> directory.depth() == depth)
                        .sorted(
                                Comparator.comparingLong(
                                                (Directory directory) -> sum(directory).bytes())
                                        .thenComparing(Directory::path)
                                        .thenComparing(Directory::mountId))
                        .toList();
        for (Directory directory : smallestFirst) {
            if (isSmall()) {
                return;
            }
            Sum sum = sum(directory);
            sums.remove(directory);
            bytes -= size(directory);
            Directory parent = directory.parent();
            if (!sums.containsKey(parent)) {
                bytes += size(parent);
            }
            sums.merge(parent, sum.asFolded(), Sum::plus);
        }
    }

    private Sum sum(Directory directory) {
        return sums.getOrDefault(directory, Sum.NONE);
    }

    private static long size(Directory directory) {
        return directory.path().getBytes(StandardCharsets.UTF_8).length + BYTES_BESIDE_PATH;
    }
}
