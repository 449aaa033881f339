package io.millrace.client;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a call that its caller no longer waits. The call registers how it can be stopped (close a
 * connection, cancel a remote call); the caller cancels once, from any thread.
 *
 * <p>The monitor of this guards all fields; actions run outside it.
 */
public final class Cancellation {

    private @Nullable List<Runnable> actions;
    private boolean cancelled;

    /** Says that nobody waits any more. Runs what is registered on the calling thread. */
    public void cancel() {
        List<Runnable> toRun;
        synchronized (this) {
            cancelled = true;
            toRun = actions == null ? List.of() : actions;
            actions = null;
        }
        toRun.forEach(Runnable::run);
    }

    /**
     * Runs {@code action} at most once when the call is cancelled: at once if it already is. It
     * must not block.
     *
     * @return what takes the registration back; closing it twice does nothing
     */
    public Registration onCancel(Runnable action) {
        synchronized (this) {
            if (!cancelled) {
                if (actions == null) {
                    actions = new ArrayList<>(2);
                }
                actions.add(action);
                return () -> remove(action);
            }
        }
        action.run();
        return () -> {};
    }

    public synchronized boolean isCancelled() {
        return cancelled;
    }

    /**
     * @throws MillraceException INTERRUPTED when the call is cancelled
     */
    public void check() {
        if (isCancelled()) {
            throw new MillraceException(ErrorCode.INTERRUPTED, "the caller was interrupted");
        }
    }

    /**
     * Waits.
     *
     * @throws MillraceException INTERRUPTED when the call is cancelled before that
     */
    void pause(long millis) {
        CountDownLatch ended = new CountDownLatch(1);
        try (var _ = onCancel(ended::countDown)) {
            var _ = ended.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.INTERRUPTED, "interrupted", e);
        }
        check();
    }

    private synchronized void remove(Runnable action) {
        if (actions != null) {
            actions.removeIf(registered -> registered == action);
        }
    }

    /** A registered action. */
    @FunctionalInterface
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
