package io.millrace.client;

import io.millrace.model.ByteRange;
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
 * Fetches what one open file will be asked for next, in segments of at most 1 MiB: a small file
 * whole with its first read, a large one ahead of sequential reads, and of those that lie one
 * distance apart ({@link Strides}).
 *
 * <p>The window of a sequential reader doubles with each read up to 8 MiB. Beyond that it grows
 * only when the reader has caught up with what is on its way: then the window is less than what its
 * rate takes in the time of one answer. It does so once for each window that was read.
 *
 * <p>Buffers come from a budget that all files share; without one a read simply is not helped. Nor
 * does a read wait for a segment whose request is put off: it is dropped, and the reader asks. The
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
        void fetch(ByteBuffer target, long offset, Urgency urgency, Cancellation cancellation);
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
        private @Nullable ByteBuffer allocate() {
            try {
                return Arena.ofAuto().allocate(SEGMENT, PAGE).asByteBuffer();
            } catch (OutOfMemoryError e) {
                // The JVM allows less memory outside the heap than the budget.
                permits.release();
                return null;
            }
        }

        private void giveBack(ByteBuffer buffer) {
            idle.add(buffer);
            permits.release();
        }
    }

    private static final class Segment {
        final int index;
        final ByteRange range;
        final ByteBuffer buffer;
        final Urgency urgency;
        final Cancellation cancellation = new Cancellation();
        final CompletableFuture<Void> done = new CompletableFuture<>();
        int users = 1;
        boolean dropped;

        Segment(int index, ByteRange range, ByteBuffer buffer, Urgency urgency) {
            this.index = index;
            this.range = range;
            this.buffer = buffer;
            this.urgency = urgency;
        }

        boolean isReady() {
            return done.isDone() && !done.isCompletedExceptionally();
        }
    }

    private final long length;
    private final Budget budget;
    private final Fetcher fetcher;
    private final Map<Integer, Segment> segments = new HashMap<>();
    private final Strides strides = new Strides();
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
                own = create(0, ByteRange.whole(length), Urgency.waitedFor());
            }
            covering = covering(offset, bytes);
            if (!dropPutOff(covering).isEmpty()) {
                covering = List.of();
            }
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

    /** A reader comes to wait for {@code covering}; those it must not wait for are dropped. */
    private List<Segment> dropPutOff(List<Segment> covering) {
        List<Segment> putOff =
                covering.stream()
                        .filter(segment -> !segment.isReady() && !segment.urgency.hurry())
                        .toList();
        putOff.forEach(this::drop);
        return putOff;
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
        strides.note(offset, end);
        if (strides.isLikely()) {
            streak = 0;
            window = 1;
            windowGrew = end;
            furthest = end;
            dropBefore(offset);
            createStrides(created);
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
                Segment segment = create(i, whole(i), Urgency.ahead());
                if (segment == null) {
                    break;
                }
                created.add(segment);
            }
        }
        dropBefore(furthest - DISORDER);
        return created;
    }

    private void createStrides(List<Segment> created) {
        for (ByteRange range : strides.next(length)) {
            int last = (int) ((range.end() - 1) / SEGMENT);
            for (int i = (int) (range.offset() / SEGMENT); i <= last; i++) {
                if (segments.size() >= MAX_WINDOW) {
                    return;
                }
                if (!segments.containsKey(i)) {
                    ByteRange whole = whole(i);
                    ByteRange part =
                            ByteRange.between(
                                    Math.max(whole.offset(), range.offset()),
                                    Math.min(whole.end(), range.end()));
                    Segment segment = create(i, part, Urgency.ahead());
                    if (segment == null) {
                        return;
                    }
                    created.add(segment);
                }
            }
        }
    }

    private ByteRange whole(int index) {
        long start = (long) index * SEGMENT;
        return ByteRange.between(start, Math.min(start + SEGMENT, length));
    }

    private void dropBefore(long offset) {
        segments.values().stream()
                .filter(segment -> segment.range.end() <= offset)
                .toList()
                .forEach(this::drop);
    }

    private @Nullable Segment create(int index, ByteRange range, Urgency urgency) {
        if (closed) {
            return null;
        }
        ByteBuffer buffer = budget.tryTake();
        if (buffer == null) {
            return null;
        }
        Segment segment = new Segment(index, range, buffer, urgency);
        segments.put(index, segment);
        return segment;
    }

    private void startFetching(Segment segment) {
        Thread.ofVirtual()
                .name("read-ahead")
                .start(() -> {
                    ByteRange range = segment.range;
                    try {
                        ByteBuffer target = segment.buffer.slice(0, (int) range.length());
                        fetcher.fetch(
                                target, range.offset(), segment.urgency, segment.cancellation);
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
            if (segment == null || !segment.range.contains(within(whole(i), offset, bytes))) {
                return List.of();
            }
            result.add(segment);
        }
        return result;
    }

    private static ByteRange within(ByteRange whole, long offset, int bytes) {
        return ByteRange.between(
                Math.max(whole.offset(), offset), Math.min(whole.end(), offset + bytes));
    }

    /** Segments that are read to their end are not needed once they are given back. */
    private Loan lend(List<Segment> covering, long offset, int bytes) {
        List<ByteBuffer> parts = new ArrayList<>(covering.size());
        long at = offset;
        long end = offset + bytes;
        for (Segment segment : covering) {
            long start = segment.range.offset();
            int from = (int) (at - start);
            at = Math.min(end, segment.range.end());
            parts.add(segment.buffer.slice(from, (int) (at - start) - from));
            if (at == segment.range.end()) {
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
