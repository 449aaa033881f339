package io.millrace.block.fill;

/** Starts the threads that fetch. A simulation gives its own, to choose which of them goes on. */
@FunctionalInterface
public interface FillThreads {

    /** Starts a thread for {@code task}, which blocks, and does not wait for it. */
    void start(String name, Runnable task);

    /** Virtual threads of the process. */
    FillThreads VIRTUAL = (name, task) -> Thread.ofVirtual().name(name).start(task);
}
