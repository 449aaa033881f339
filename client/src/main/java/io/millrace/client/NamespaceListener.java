package io.millrace.client;

/** Hears of changes of the namespace. Called on the watch's thread: must not wait. */
public interface NamespaceListener {

    /** {@code name} in directory {@code parentId} appeared, changed or vanished. */
    void invalidated(long parentId, String name);

    /** Anything may have changed. */
    void everythingInvalidated();

    /** Runs {@code done} when all that was told before is applied, on any thread. */
    default void whenApplied(Runnable done) {
        done.run();
    }
}
