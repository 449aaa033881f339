package io.millrace.metadata.changes;

/** One thing that changed. */
public sealed interface Change {

    /**
     * A name in a directory appeared, changed or vanished.
     *
     * @param parentId the directory
     * @param name in it
     * @param inodeId what was known under the name before; 0: nothing
     */
    record Name(long parentId, String name, long inodeId) implements Change {}

    /** A mount was added or removed. */
    record Mounts() implements Change {}

    /** The ring has another epoch. */
    record Ring() implements Change {}

    /** A path's policy was set or removed. */
    record Policies() implements Change {}

    /**
     * A change with its place in the log.
     *
     * @param sequence grows by one with each change, in commit order
     */
    record Logged(long sequence, Change change) {}
}
