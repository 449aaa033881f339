package io.millrace.block.fill;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One chunk on its way, for all who want it. Who joined leaves once; the buffer of a chunk that
 * found no room in the cache is given back when the last has left. Waiters are guarded by the
 * {@link FileFill}'s lock.
 */
final class Flight {

    /** What came: to be read from the cache, or still in memory. */
    sealed interface Landing {

        /** Whether the cache has the bytes. */
        boolean isCached();

        record Resident() implements Landing {
            @Override
            public boolean isCached() {
                return true;
            }
        }

        /** Alone where the cache had no room; beside it where mapping them would cost more. */
        record InMemory(ByteBuffer bytes, boolean isCached) implements Landing {}
    }

    /** How often a load that waits asks its gate. */
    private static final long GATE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    final int chunk;
    final FillRun run;
    int waiters;
    @Nullable Runnable giveBack;
    private final CompletableFuture<Landing> landing = new CompletableFuture<>();

    Flight(int chunk, FillRun run) {
        this.chunk = chunk;
        this.run = run;
    }

    void land(Landing how) {
        landing.complete(how);
    }

    void fail(Throwable cause) {
        landing.completeExceptionally(cause);
    }

    Landing await(Duration timeout) {
        return await(timeout, LoadGate.OPEN);
    }

    /** Ends early, with INTERRUPTED, when {@code gate} is closed. */
    Landing await(Duration timeout, LoadGate gate) {
        long end = System.nanoTime() + timeout.toNanos();
        try {
            while (true) {
                long left = Math.max(0, end - System.nanoTime());
                try {
                    return landing.get(
                            gate == LoadGate.OPEN ? left : Math.min(left, GATE_NANOS),
                            TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    if (gate == LoadGate.OPEN || left <= GATE_NANOS) {
                        throw late(timeout, e);
                    }
                    if (gate.isClosed()) {
                        throw new MillraceException(
                                ErrorCode.INTERRUPTED,
                                "the load ended while it waited for bytes",
                                e);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "interrupted while it waited for bytes", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof MillraceException known
                    ? new MillraceException(known.code(), known.getMessage(), known)
                    : new MillraceException(
                            ErrorCode.INTERNAL, "a fetch failed: " + e.getCause(), e);
        }
    }

    private MillraceException late(Duration timeout, TimeoutException cause) {
        return new MillraceException(
                ErrorCode.DEADLINE_EXCEEDED,
                "the under store did not give chunk "
                        + chunk
                        + " within "
                        + timeout.toSeconds()
                        + " s (millrace.worker.fill.timeout)",
                cause);
    }
}
