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
        try {
            return landing.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new MillraceException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "the under store did not give chunk "
                            + chunk
                            + " within "
                            + timeout.toSeconds()
                            + " s (millrace.worker.fill.timeout)",
                    e);
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
}
