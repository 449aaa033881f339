package io.millrace.block.dataport;

import io.millrace.block.fill.FileRead;
import io.netty.buffer.Unpooled;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes pieces to a response and gives each back once the socket has taken it. One virtual thread
 * writes, and waits while more than a window is under way; the event loop tells what has gone.
 * {@link #lock} guards the counts.
 */
final class BodyWriter {

    private final HttpServerResponse response;
    private final long windowBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long waitingBytes;
    private int writes;
    private boolean broken;

    BodyWriter(HttpServerResponse response, long windowBytes) {
        this.response = response;
        this.windowBytes = windowBytes;
    }

    /** Writes a piece; false: the connection is gone, and the piece is given back. */
    boolean write(FileRead.Piece piece, Last last) {
        int size = piece.bytes().remaining();
        if (!awaitRoom(size)) {
            piece.release().run();
            return false;
        }
        Future<Void> written;
        try {
            Buffer body = buffer(piece.bytes());
            written =
                    switch (last) {
                        case YES -> response.end(body);
                        case NO -> response.write(body);
                    };
        } catch (IllegalStateException e) {
            done(size, false);
            piece.release().run();
            return false;
        }
        written.onComplete((AsyncResult<Void> result) -> {
            piece.release().run();
            done(size, result.succeeded());
        });
        return true;
    }

    enum Last {
        YES,
        NO
    }

    /** Waits until the socket has taken, or lost, everything: no piece is in use then. */
    void awaitAll() {
        lock.lock();
        try {
            while (writes > 0) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean awaitRoom(int bytes) {
        lock.lock();
        try {
            while (!broken && waitingBytes > 0 && waitingBytes + bytes > windowBytes) {
                changed.awaitUninterruptibly();
            }
            if (broken) {
                return false;
            }
            waitingBytes += bytes;
            writes++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void done(int bytes, boolean succeeded) {
        lock.lock();
        try {
            waitingBytes -= bytes;
            writes--;
            broken |= !succeeded;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("deprecation") // The one way to write bytes that lie in a mapping.
    private static Buffer buffer(ByteBuffer bytes) {
        return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
    }
}
