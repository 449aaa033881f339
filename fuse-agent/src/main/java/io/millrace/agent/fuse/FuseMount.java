package io.millrace.agent.fuse;

import java.time.Duration;

/** A mounted file system. */
public interface FuseMount {

    /**
     * Makes the kernel forget a name, and what it keeps of the listing of its directory, so that it
     * asks again. Does not wait: it is queued, and done in order.
     */
    void invalidateEntry(long parent, String name);

    /** Makes the kernel ask again for every name. Does not wait. */
    void invalidateAll();

    /** Runs {@code done} when the kernel has forgotten all that it was to forget before. */
    void whenInvalidated(Runnable done);

    /**
     * Makes the kernel let go of {@link FuseFileSystem#surplus}, as far as nobody uses it. Does not
     * wait.
     */
    void trim();

    /** How files are read. */
    Reading reading();

    /**
     * Unmounts. A mount that is in use is given {@code grace} to become free, and is then taken
     * away: its open files fail. Returns when no thread serves it any more, at most a few seconds
     * after the grace. Does nothing when it is gone already.
     */
    void unmount(Duration grace);

    /** Waits until it is unmounted, by whomever. */
    void awaitEnd() throws InterruptedException;
}
