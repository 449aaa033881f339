package io.millrace.client;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Fetches what one open file will be asked for next, in segments of 1 MiB: a small file whole with
 * its first read, a large one ahead of sequential reads.
 *
 * <p>The window of a sequential reader doubles with each read up to 8 MiB. Beyond that it grows
 * only when the reader has caught up with what is on its way: then the window is less than what its
 * rate takes in the time of one answer. It does so once for each window that was read.
 *
 * <p>Buffers come from a budget that all files share; without one a read simply is not helped. The
 * monitor of this guards the segments and their users; bytes are copied and fetched outside it.
 */
final class ReadAhead implements AutoCloseable {

    private static final int SEGMENT = 1 << 20;
    private static final int PAGE = 4096;
    private static final int FREE_WINDOW = 8;
    private static final int MAX_WINDOW = 32;

    /** Reads of one stream come out of order by this much: the kernel sends several at once. */
    private static final long DISORDER = 4L << 20;

    /** Gets the bytes, by whatever way. */
    @FunctionalInterface
    interface Fetcher {
        void fetch(ByteBuffer target, long offset, Cancellation cancellation);
    }

    /** Bytes in segments, which stay there until it is released. */
    record Loan(List<ByteBuffer> parts, Runnable release) {}

    /** Buffers of all open files together. */
    static final class Budget {
        private final Semaphore permits;
        private final ConcurrentLinkedQueue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();

        Budget(long bytes) {
            permits = new Semaphore((int) Math.min(bytes / SEGMENT, 65_536));
        }

        private @Nullable ByteBuffer tryTake() {
            if (!permits.tryAcquire()) {
                return null;
            }
            ByteBuffer buffer = idle.poll();
            return buffer == null ? allocate() : buffer.clear();
        }

        /** On a page: the kernel takes whole pages with less work. */
        private static ByteBuffer allocate() {
            return Arena.ofAuto().allocate(SEGMENT, PAGE).asByteBuffer();
        }

        private void giveBack(ByteBuffer buffer) {
            idle.add(buffer);
            permits.release();
        }
    }

    private static final class Segment {
        final int index;
        final ByteBuffer buffer;
        final Cancellation cancellation = new Cancellation();
        final CompletableFuture<Void> done = new CompletableFuture<>();
        int users = 1;
        boolean dropped;

        Segment(int index, ByteBuffer buffer) {
            this.index = index;
            this.buffer = buffer;
        }

        boolean isReady() {
            return done.isDone() && !done.isCompletedExceptionally();
        }
    }

    private final long length;
    private final Budget budget;
    private final Fetcher fetcher;
    private final Map<Integer, Segment> segments = new HashMap<>();
    private long furthest;
    private int streak;
    private int window = 1;
    private long windowGrew;
    private boolean closed;

    ReadAhead(long length, Budget budget, Fetcher fetcher) {
        this.length = length;
        this.budget = budget;
        this.fetcher = fetcher;
    }

    /** A range that lies in segments; null: not all of it does. */
    @Nullable Loan lendIfHere(long offset, int bytes) {
        List<Segment> covering;
        List<Segment> next;
        synchronized (this) {
            if (segments.isEmpty()) {
                return null;
            }
            covering = covering(offset, bytes);
            if (covering.isEmpty() || !covering.stream().allMatch(Segment::isReady)) {
                return null;
            }
            covering.forEach(segment -> segment.users++);
            next = advance(offset, offset + bytes);
        }
        next.forEach(this::startFetching);
        return lend(covering, offset, bytes);
    }

    /** A range that lies in segments or is on its way there; null: it is to be fetched. */
    @Nullable Loan lend(long offset, int bytes, Cancellation cancellation) {
        List<Segment> covering;
        List<Segment> next;
        Segment own = null;
        synchronized (this) {
            next = advance(offset, offset + bytes);
            if (length <= SEGMENT && segments.isEmpty()) {
                own = create(0);
            }
            covering = covering(offset, bytes);
            covering.forEach(segment -> segment.users++);
            if (!covering.isEmpty() && !covering.stream().allMatch(Segment::isReady)) {
                caughtUp();
            }
        }
        next.forEach(this::startFetching);
        if (own != null) {
            startFetching(own);
        }
        if (covering.isEmpty()) {
            return null;
        }
        try {
            for (Segment segment : covering) {
                await(segment, cancellation);
            }
        } catch (MillraceException e) {
            covering.forEach(this::release);
            cancellation.check();
            if (e.code() == ErrorCode.INTERRUPTED) {
                // The segment was dropped on its way: the reader asks for itself.
                return null;
            }
            throw e;
        }
        return lend(covering, offset, bytes);
    }

    /** The reader waits for what is on its way. */
    private void caughtUp() {
        if (window >= FREE_WINDOW && furthest - windowGrew >= (long) window * SEGMENT) {
            window = Math.max(window, Math.min(window * 2, FREE_WINDOW));
            windowGrew = furthest;
        }
    }

    /** Notes a read; the segments that it makes worth fetching. */
    private List<Segment> advance(long offset, long end) {
        List<Segment> created = new ArrayList<>();
        if (length <= SEGMENT || closed) {
            return created;
        }
        boolean sequential = offset >= furthest - DISORDER && offset <= furthest + DISORDER;
        streak = sequential ? streak + 1 : 0;
        furthest = sequential ? Math.max(furthest, end) : end;
        if (!sequential) {
            window = 1;
            windowGrew = end;
            dropAll();
        }
        if (streak < 3) {
            return created;
        }
        window = Math.min(window * 2, MAX_WINDOW);
        int first = (int) ((furthest + SEGMENT - 1) / SEGMENT);
        int last = (int) Math.min((length - 1) / SEGMENT, first + (long) window - 1);
        for (int i = first; i <= last; i++) {
            if (!segments.containsKey(i)) {
                Segment segment = create(i);
                if (segment == null) {
                    break;
                }
                created.add(segment);
            }
        }
        int behind = (int) ((furthest - DISORDER) / SEGMENT);
        segments.values().stream()
                .filter(segment -> segment.index < behind)
                .toList()
                .forEach(this::drop);
        return created;
    }

    private @Nullable Segment create(int index) {
        if (closed) {
            return null;
        }
        ByteBuffer buffer = budget.tryTake();
        if (buffer == null) {
            return null;
        }
        Segment segment = new Segment(index, buffer);
        segments.put(index, segment);
        return segment;
    }

    private void startFetching(Segment segment) {
        Thread.ofVirtual()
                .name("read-ahead")
                .start(() -> {
                    long start = (long) segment.index * SEGMENT;
                    try {
                        ByteBuffer target =
                                segment.buffer.slice(0, (int) Math.min(SEGMENT, length - start));
                        fetcher.fetch(target, start, segment.cancellation);
                        segment.done.complete(null);
                    } catch (RuntimeException e) {
                        synchronized (this) {
                            drop(segment);
                        }
                        segment.done.completeExceptionally(e);
                    } finally {
                        release(segment);
                    }
                });
    }

    private static void await(Segment segment, Cancellation cancellation) {
        CompletableFuture<Void> waiter = segment.done.copy();
        try (var _ = cancellation.onCancel(() -> waiter.cancel(false))) {
            waiter.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof MillraceException known
                    ? known
                    : new MillraceException(ErrorCode.INTERNAL, "a segment was not fetched", e);
        } catch (CancellationException e) {
            throw new MillraceException(ErrorCode.INTERRUPTED, "the caller was interrupted", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.INTERRUPTED, "interrupted", e);
        }
    }

    /** All segments that hold the range, or none. */
    private List<Segment> covering(long offset, int bytes) {
        List<Segment> result = new ArrayList<>(2);
        int last = (int) ((offset + bytes - 1) / SEGMENT);
        for (int i = (int) (offset / SEGMENT); i <= last; i++) {
            Segment segment = segments.get(i);
            if (segment == null) {
                return List.of();
            }
            result.add(segment);
        }
        return result;
    }

    /** Segments that are read to their end are not needed once they are given back. */
    private Loan lend(List<Segment> covering, long offset, int bytes) {
        List<ByteBuffer> parts = new ArrayList<>(covering.size());
        long at = offset;
        long end = offset + bytes;
        for (Segment segment : covering) {
            long start = (long) segment.index * SEGMENT;
            long segmentEnd = Math.min(start + SEGMENT, length);
            int from = (int) (at - start);
            at = Math.min(end, segmentEnd);
            parts.add(segment.buffer.slice(from, (int) (at - start) - from));
            if (at == segmentEnd) {
                synchronized (this) {
                    drop(segment);
                }
            }
        }
        return new Loan(parts, () -> covering.forEach(this::release));
    }

    private void release(Segment segment) {
        synchronized (this) {
            segment.users--;
            if (segment.users > 0 || !segment.dropped) {
                return;
            }
        }
        budget.giveBack(segment.buffer);
    }

    /** Takes a segment out; whoever uses it last gives its buffer back. */
    private void drop(Segment segment) {
        if (segment.dropped) {
            return;
        }
        segment.dropped = true;
        segments.remove(segment.index);
        segment.cancellation.cancel();
        if (segment.users == 0) {
            budget.giveBack(segment.buffer);
        }
    }

    private void dropAll() {
        List.copyOf(segments.values()).forEach(this::drop);
    }

    @Override
    public synchronized void close() {
        closed = true;
        dropAll();
    }
}
