package io.millrace.block.known;

import io.millrace.model.FileSource;

/**
 * A directory of a mount.
 *
 * @param path relative to the mount's root, without a {@code /} at its end; empty: the root
 */
public record Directory(long mountId, String path) {

    /** The one {@code source} lies in. */
    public static Directory of(FileSource source) {
        return new Directory(source.mountId(), above(source.key()));
    }

    public boolean isRoot() {
        return path.isEmpty();
    }

    /** The directory it lies in; the root's is the root. */
    public Directory parent() {
        return new Directory(mountId, above(path));
    }

    /** Names in the path. */
    public int depth() {
        return isRoot() ? 0 : 1 + (int) path.chars().filter(c -> c == '/').count();
    }

    private static String above(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }
}
