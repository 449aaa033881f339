package io.millrace.testkit.simulation;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** A pool that starts a thread of a process for each task. */
final class SimulatedPool extends AbstractExecutorService {

    private final SimulatedThreads threads;
    private final SimulatedProcess process;
    private final String name;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private int tasks;
    private boolean shutdown;

    SimulatedPool(SimulatedThreads threads, SimulatedProcess process, String name) {
        this.threads = threads;
        this.process = process;
        this.name = name;
    }

    @Override
    public void execute(Runnable task) {
        if (shutdown) {
            throw new RejectedExecutionException(name + " is shut down");
        }
        tasks++;
        threads.start(
                process,
                name,
                () -> {
                    try {
                        task.run();
                    } finally {
                        tasks--;
                        endIfDone();
                    }
                });
    }

    int tasks() {
        return tasks;
    }

    private void endIfDone() {
        if (shutdown && tasks == 0) {
            ended.complete(null);
        }
    }

    @Override
    public void shutdown() {
        shutdown = true;
        endIfDone();
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return ended.isDone();
    }

    /** A dead process waits for nothing. */
    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        if (!process.isDead()) {
            threads.await(process, ended);
        }
        return isTerminated();
    }
}
