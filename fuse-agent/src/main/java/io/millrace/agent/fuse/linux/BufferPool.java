package io.millrace.agent.fuse.linux;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/** Reply buffers of one size, made when first needed, at most so many at once. */
final class BufferPool {

    private final int bodyBytes;
    private final Semaphore permits;
    private final ConcurrentLinkedQueue<ReplyBuffer> idle = new ConcurrentLinkedQueue<>();

    BufferPool(int bodyBytes, int buffers) {
        this.bodyBytes = bodyBytes;
        this.permits = new Semaphore(buffers);
    }

    /** Waits for a buffer. Not to be called by reader threads. */
    ReplyBuffer take() throws InterruptedException {
        permits.acquire();
        ReplyBuffer buffer = idle.poll();
        return buffer == null ? new ReplyBuffer(bodyBytes) : buffer;
    }

    void giveBack(ReplyBuffer buffer) {
        idle.add(buffer);
        permits.release();
    }
}
