package io.millrace.model;

import static java.util.Objects.requireNonNull;

/**
 * One block of one file version.
 *
 * @param fileVersion the file
 * @param index 0 for the first block
 */
public record BlockId(FileVersion fileVersion, int index) {

    public BlockId {
        requireNonNull(fileVersion);
        if (index < 0) {
            throw new IllegalArgumentException("block index " + index + " is negative");
        }
    }

    /** The slot this block lies in, of {@code slots}. Every party computes the same one. */
    public int slot(int slots) {
        long hash = Mix.mix(fileVersion.high() ^ Mix.mix(fileVersion.low() + index));
        return (int) Long.remainderUnsigned(hash, slots);
    }
}
