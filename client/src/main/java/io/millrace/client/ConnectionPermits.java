package io.millrace.client;

import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Permits to use a connection, given in the order in which they are asked for, so that nobody waits
 * until the deadline. Who is cancelled leaves the queue at once.
 *
 * <p>The monitor of this guards all fields; nobody waits in it.
 */
final class ConnectionPermits {

    private final ArrayDeque<CompletableFuture<Void>> queue = new ArrayDeque<>();
    private int free;

    ConnectionPermits(int permits) {
        this.free = permits;
    }

    /** Takes a permit if one is free. */
    synchronized boolean tryAcquire() {
        if (free == 0) {
            return false;
        }
        free--;
        return true;
    }

    /**
     * Waits for a permit.
     *
     * @return false: none came in time
     * @throws io.millrace.model.MillraceException INTERRUPTED when the call is cancelled before
     */
    boolean acquire(long nanos, Cancellation cancellation) throws InterruptedException {
        CompletableFuture<Void> turn = new CompletableFuture<>();
        synchronized (this) {
            if (free > 0) {
                free--;
                return true;
            }
            queue.add(turn);
        }
        boolean taken = false;
        try (var _ = cancellation.onCancel(() -> turn.cancel(false))) {
            var _ = turn.get(nanos, TimeUnit.NANOSECONDS);
            taken = true;
        } catch (TimeoutException | CancellationException | ExecutionException e) {
            cancellation.check();
        } finally {
            if (!taken) {
                leave(turn);
            }
        }
        return taken;
    }

    /** It may have been given a permit meanwhile, which is for the next then. */
    private void leave(CompletableFuture<Void> turn) {
        boolean waited;
        synchronized (this) {
            waited = queue.remove(turn);
        }
        if (!waited && !turn.isCancelled()) {
            release();
        }
    }

    void release() {
        while (true) {
            CompletableFuture<Void> next;
            synchronized (this) {
                next = queue.poll();
                if (next == null) {
                    free++;
                    return;
                }
            }
            if (next.complete(null)) {
                return;
            }
        }
    }
}
