package io.millrace.client;

import io.millrace.model.ByteRange;
import java.util.ArrayList;
import java.util.List;

/**
 * Recognises reads of one size that lie one distance apart, forwards: columns of a table, every
 * n-th record. Requests that follow each other without a gap count as one read, since the kernel
 * cuts large ones. After three such distances in a row what comes next is foretold; the first that
 * differs ends it.
 *
 * <p>Not for many threads.
 */
final class Strides {

    /** Between two reads. With less the file is read ahead as a whole, by fewer requests. */
    private static final long LEAST_GAP = 1 << 20;

    /** Equal distances before the next is believed. */
    private static final int ENOUGH = 3;

    private static final int MOST = 8;

    private long start;
    private long end;
    private long bytes;
    private long stride;
    private int equal;

    /** Notes a read of {@code [offset, end)}. */
    void note(long offset, long until) {
        if (offset == end && end > start) {
            end = until;
            return;
        }
        long distance = offset - start;
        long before = end - start;
        boolean apart = distance - before >= LEAST_GAP;
        boolean asBefore = distance == stride && before == bytes;
        equal = apart ? (asBefore ? equal + 1 : 1) : 0;
        stride = distance;
        bytes = before;
        start = offset;
        end = until;
    }

    /** Whether the last reads lay as far apart as a stride does: they are no stream. */
    boolean isLikely() {
        return equal >= ENOUGH - 1;
    }

    /**
     * What will be read if this goes on: the rest of this read, and the next ones, more the longer
     * it has gone on. Empty: nothing is foretold.
     */
    List<ByteRange> next(long length) {
        List<ByteRange> ranges = new ArrayList<>();
        if (equal < ENOUGH) {
            return ranges;
        }
        if (end < start + bytes) {
            add(ranges, end, start + bytes, length);
        }
        int count = Math.min(equal - 1, MOST);
        for (int i = 1; i <= count; i++) {
            add(ranges, start + i * stride, start + i * stride + bytes, length);
        }
        return ranges;
    }

    private static void add(List<ByteRange> ranges, long from, long to, long length) {
        if (from < length) {
            ranges.add(ByteRange.between(from, Math.min(to, length)));
        }
    }
}
