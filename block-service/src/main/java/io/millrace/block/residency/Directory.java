package io.millrace.block.residency;

import io.millrace.model.FileSource;

/**
 * A directory of a mount.
 *
 * @param path relative to the mount's root, without a {@code /} at its end; empty: the root
 */
record Directory(long mountId, String path) {

    static Directory of(FileSource source) {
        return new Directory(source.mountId(), above(source.key()));
    }

    boolean isRoot() {
        return path.isEmpty();
    }

    /** The directory it lies in; the root's is the root. */
    Directory parent() {
        return new Directory(mountId, above(path));
    }

    /** Names in the path. */
    int depth() {
        return isRoot() ? 0 : 1 + (int) path.chars().filter(c -> c == '/').count();
    }

    private static String above(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }
}
