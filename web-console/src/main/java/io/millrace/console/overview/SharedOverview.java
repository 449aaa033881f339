package io.millrace.console.overview;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One answer for all who ask at about the same time: however many look, the services are asked one
 * question at a time, and no more often than they would be for two. Lock-free; who asks first reads
 * on its own thread, the others wait for it.
 */
public final class SharedOverview {

    private final Supplier<Overview> reader;
    private final long validNanos;
    private final LongSupplier nanoTime;
    private final AtomicReference<@Nullable Question> newest = new AtomicReference<>();

    /**
     * @param reader asks the services
     * @param valid how long an answer is given again
     * @param nanoTime a monotonic clock
     */
    public SharedOverview(Supplier<Overview> reader, Duration valid, LongSupplier nanoTime) {
        this.reader = reader;
        this.validNanos = valid.toNanos();
        this.nanoTime = nanoTime;
    }

    private record Question(long askedNanos, CompletableFuture<Overview> answer) {}

    /** Blocks as long as the services take. */
    public Overview latest() {
        while (true) {
            Question before = newest.get();
            long now = nanoTime.getAsLong();
            if (before != null && (!before.answer.isDone() || isValid(before, now))) {
                return before.answer.join();
            }
            Question mine = new Question(now, new CompletableFuture<>());
            if (newest.compareAndSet(before, mine)) {
                return answer(mine);
            }
        }
    }

    private boolean isValid(Question question, long now) {
        return now - question.askedNanos < validNanos
                && !question.answer.isCompletedExceptionally();
    }

    private Overview answer(Question mine) {
        try {
            mine.answer.complete(reader.get());
        } catch (RuntimeException | Error e) {
            mine.answer.completeExceptionally(e);
            throw new CompletionException(e);
        }
        return mine.answer.join();
    }
}
