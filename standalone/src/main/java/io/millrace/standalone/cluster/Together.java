package io.millrace.standalone.cluster;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Steps that run side by side. */
final class Together {

    private Together() {}

    /**
     * Runs {@code step} for each item on a thread of its own, and returns what they gave, in order
     * of completion. The first failure interrupts the others and is thrown when they have ended.
     */
    static <T, R> List<R> run(List<T> items, Function<T, R> step) {
        List<R> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            ExecutorCompletionService<R> steps = new ExecutorCompletionService<>(threads);
            items.forEach(item -> steps.submit(() -> step.apply(item)));
            try {
                for (int i = 0; i < items.size(); i++) {
                    results.add(steps.take().get());
                }
            } catch (ExecutionException e) {
                threads.shutdownNow();
                throw e.getCause() instanceof RuntimeException failure
                        ? failure
                        : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                threads.shutdownNow();
                Thread.currentThread().interrupt();
                throw new MillraceException(ErrorCode.INTERRUPTED, "interrupted", e);
            }
        }
        return results;
    }
}
