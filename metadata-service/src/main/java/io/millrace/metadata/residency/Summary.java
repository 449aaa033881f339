package io.millrace.metadata.residency;

import io.millrace.model.WorkerId;
import java.util.List;

/**
 * What one worker says lies on it.
 *
 * @param madeMillis by the worker's clock; the newest counts
 * @param directories each file that the worker knows is counted in one of them
 * @param unknown what it has and cannot name
 */
public record Summary(
        WorkerId worker, long madeMillis, List<InDirectory> directories, Amount unknown) {

    /** Most directories in one summary. */
    public static final int MOST_DIRECTORIES = 10_000;

    /**
     * @throws IllegalArgumentException when there are too many directories
     */
    public Summary {
        if (directories.size() > MOST_DIRECTORIES) {
            throw new IllegalArgumentException(
                    directories.size()
                            + " directories in a summary of worker "
                            + worker
                            + ": at most "
                            + MOST_DIRECTORIES);
        }
        directories = List.copyOf(directories);
    }

    /** Files and bytes. */
    public record Amount(long files, long bytes) {

        /**
         * @throws IllegalArgumentException when one is negative
         */
        public Amount {
            if (files < 0 || bytes < 0) {
                throw new IllegalArgumentException(files + " files of " + bytes + " bytes");
            }
        }
    }

    /**
     * What lies in one directory.
     *
     * @param directory relative to the mount's root; empty: the root
     * @param heat reads, decayed
     * @param folded whether files of directories below it are counted here, too
     */
    public record InDirectory(
            long mountId, String directory, Amount amount, double heat, boolean folded) {

        /**
         * @throws IllegalArgumentException when the path cannot be one
         */
        public InDirectory {
            if (directory.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a directory's path holds a NUL character");
            }
            if (!Double.isFinite(heat)) {
                throw new IllegalArgumentException("heat " + heat + " is no number");
            }
        }
    }
}
