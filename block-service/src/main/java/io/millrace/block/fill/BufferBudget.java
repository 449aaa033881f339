package io.millrace.block.fill;

import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Memory for bytes on their way from the under store; taken before they are read. */
final class BufferBudget {

    private static final int UNIT = 1 << 10;

    private final int units;
    private final Semaphore free;
    private final Duration timeout;
    private final ConcurrentLinkedQueue<byte[]> chunks = new ConcurrentLinkedQueue<>();

    BufferBudget(long bytes, Duration timeout) {
        this.units = Math.toIntExact(bytes / UNIT);
        this.free = new Semaphore(units);
        this.timeout = timeout;
    }

    /** An array of at least {@code bytes}, 1 to a chunk. */
    byte[] take(int bytes) {
        try {
            if (!free.tryAcquire(units(bytes), timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new MillraceException(
                        ErrorCode.BUSY,
                        "all buffers for fetched bytes are taken: "
                                + units / 1024
                                + " MiB (millrace.worker.fill.buffers)");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "interrupted while it waited for a buffer", e);
        }
        if (bytes <= BlockLayout.CHUNK_BYTES / 2) {
            return new byte[bytes];
        }
        byte[] pooled = chunks.poll();
        return pooled == null ? new byte[BlockLayout.CHUNK_BYTES] : pooled;
    }

    /** Gives back what {@link #take} gave for {@code bytes}. */
    void give(byte[] buffer, int bytes) {
        if (buffer.length == BlockLayout.CHUNK_BYTES) {
            chunks.offer(buffer);
        }
        free.release(units(bytes));
    }

    long takenBytes() {
        return (long) (units - free.availablePermits()) * UNIT;
    }

    private static int units(int bytes) {
        return (bytes + UNIT - 1) / UNIT;
    }
}
