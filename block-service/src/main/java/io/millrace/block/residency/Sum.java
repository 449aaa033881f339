package io.millrace.block.residency;

/**
 * What lies in a directory.
 *
 * @param heat reads, decayed
 * @param folded whether files of directories below it are counted in it
 */
record Sum(long files, long bytes, double heat, boolean folded) {

    static final Sum NONE = new Sum(0, 0, 0, false);

    Sum plus(Sum other) {
        return new Sum(
                files + other.files,
                bytes + other.bytes,
                heat + other.heat,
                folded || other.folded);
    }

    Sum asFolded() {
        return new Sum(files, bytes, heat, true);
    }
}
