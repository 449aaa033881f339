package io.millrace.cache;

/** When the cache asks the disk to keep what it was given. */
public enum SyncPolicy {
    /**
     * Never: a power loss or a crash of the machine loses the whole cache, which is then emptied.
     */
    NEVER,
    /** Before a file becomes complete: a power loss may lose files that were being filled. */
    COMPLETE,
    /** After each chunk. */
    ALWAYS
}
