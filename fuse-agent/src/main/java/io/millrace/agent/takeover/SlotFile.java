package io.millrace.agent.takeover;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A file of records that is written through memory and survives the kill of its writer at any
 * moment; a power loss it need not survive, since what it describes dies with the kernel.
 *
 * <p>A slot is {@code {size in units, bytes of content, count, content}}. A count of 0 says that
 * the slot is free. Content is written first and the count is released after it, so a slot with a
 * count is whole. A size is written before anything is made of the slot, and never changes; a free
 * slot is used again for content of the same number of units. So the file never has to be
 * rewritten, and stays as large as the most it had to hold at once. Writing costs no system call
 * but for one in each {@link #SEGMENT} of growth, which also reserves the disk space: a store into
 * a hole on a full disk would kill the process.
 *
 * <p>The monitor of this guards the slots' allocation. Whoever has a slot changes its count without
 * it, one thread at a time.
 */
public final class SlotFile {

    /** Bytes by which it grows. */
    static final int SEGMENT = 4 << 20;

    private static final long MAGIC = 0x4D69_6C6C_536C_6F74L;
    private static final int UNIT = 64;
    private static final int HEADER_UNITS = 1;
    private static final int FORM_AT = 8;

    private static final int UNITS_AT = 0;
    private static final int BYTES_AT = 4;
    private static final int COUNT_AT = 8;
    private static final int CONTENT_AT = 16;

    private static final int MAX_CONTENT = 1 << 20;

    private static final VarHandle LONG = JAVA_LONG.varHandle();

    private final Path file;
    private final FileChannel channel;
    private final Map<Integer, ArrayDeque<Long>> free = new HashMap<>();
    private volatile MemorySegment[] segments = new MemorySegment[0];

    /** Where the last slot ends. */
    private long end;

    /** Is told each slot that is in use. */
    @FunctionalInterface
    public interface Found {
        void found(long slot, long count, byte[] content);
    }

    private SlotFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens {@code file}, or makes it.
     *
     * @param form of the content; a file of another form is refused
     * @param found is told what is in it, before this returns
     * @throws MillraceException CONFLICT for a file of another form, IO_ERROR
     */
    public static SlotFile open(Path file, int form, Found found) {
        try {
            FileChannel channel =
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            SlotFile slots = new SlotFile(file, channel);
            if (channel.size() < SEGMENT) {
                // Nothing was handed out from a first segment that is not complete.
                slots.grow();
                slots.segments[0].set(JAVA_INT, FORM_AT, form);
                slots.end = (long) HEADER_UNITS * UNIT;
                LONG.setRelease(slots.segments[0], 0L, MAGIC);
            } else {
                slots.adopt(form, found);
            }
            return slots;
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, file + " cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Puts {@code content} into a slot.
     *
     * @param count not 0
     * @return the slot, for {@link #setCount}
     * @throws MillraceException IO_ERROR when the file cannot grow; it is as before then
     */
    public synchronized long add(long count, byte[] content) {
        if (content.length > MAX_CONTENT) {
            throw new IllegalArgumentException(content.length + " bytes do not fit a slot");
        }
        int units = (CONTENT_AT + content.length + UNIT - 1) / UNIT;
        ArrayDeque<Long> fitting = free.get(units);
        Long known = fitting == null ? null : fitting.pollFirst();
        long slot = known == null ? append(units) : known;
        MemorySegment segment = segments[(int) (slot / SEGMENT)];
        long at = slot % SEGMENT;
        segment.set(JAVA_INT, at + BYTES_AT, content.length);
        MemorySegment.copy(content, 0, segment, JAVA_BYTE, at + CONTENT_AT, content.length);
        LONG.setRelease(segment, at + COUNT_AT, count);
        return slot;
    }

    /** Changes a slot's count; 0 ends it. */
    public void setCount(long slot, long count) {
        MemorySegment segment = segments[(int) (slot / SEGMENT)];
        long at = slot % SEGMENT;
        LONG.setRelease(segment, at + COUNT_AT, count);
        if (count == 0) {
            release(slot, segment.get(JAVA_INT, at + UNITS_AT));
        }
    }

    private synchronized void release(long slot, int units) {
        free.computeIfAbsent(units, _ -> new ArrayDeque<>()).addFirst(slot);
    }

    private long append(int units) {
        int left = (int) (SEGMENT - end % SEGMENT) / UNIT;
        if (left < units) {
            // A slot lies in one segment; what is left of this one is a free slot.
            release(claim(left), left);
        }
        try {
            while (end >= (long) segments.length * SEGMENT) {
                grow();
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, file + " cannot grow: " + e.getMessage(), e);
        }
        return claim(units);
    }

    private long claim(int units) {
        long slot = end;
        LONG.setRelease(segments[(int) (slot / SEGMENT)], slot % SEGMENT, (long) units);
        end = slot + (long) units * UNIT;
        return slot;
    }

    /** Adds a segment of zeros: a slot of size 0 is where the file ends. */
    private void grow() throws IOException {
        MemorySegment[] known = segments;
        long from = (long) known.length * SEGMENT;
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        for (long at = from; at < from + SEGMENT; at += zeros.capacity()) {
            zeros.clear();
            while (zeros.hasRemaining()) {
                channel.write(zeros, at + zeros.position());
            }
        }
        map(known.length + 1);
    }

    private void map(int count) throws IOException {
        MemorySegment[] mapped = Arrays.copyOf(segments, count);
        for (int i = segments.length; i < count; i++) {
            mapped[i] =
                    channel.map(MapMode.READ_WRITE, (long) i * SEGMENT, SEGMENT, Arena.ofAuto());
        }
        segments = mapped;
    }

    private void adopt(int form, Found found) throws IOException {
        map((int) (channel.size() / SEGMENT));
        long magic = (long) LONG.getAcquire(segments[0], 0L);
        int written = segments[0].get(JAVA_INT, FORM_AT);
        if (magic == 0) {
            // Killed before the first word: nothing was handed out.
            segments[0].set(JAVA_INT, FORM_AT, form);
            LONG.setRelease(segments[0], 0L, MAGIC);
        } else if (magic != MAGIC || written != form) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    file
                            + " is of form "
                            + (magic == MAGIC ? written : "unknown")
                            + ", and this agent reads form "
                            + form);
        }
        end = (long) HEADER_UNITS * UNIT;
        while (end < (long) segments.length * SEGMENT) {
            MemorySegment segment = segments[(int) (end / SEGMENT)];
            long at = end % SEGMENT;
            int units = segment.get(JAVA_INT, at + UNITS_AT);
            if (units == 0) {
                return;
            }
            long count = (long) LONG.getAcquire(segment, at + COUNT_AT);
            if (count == 0) {
                release(end, units);
            } else {
                byte[] content = new byte[segment.get(JAVA_INT, at + BYTES_AT)];
                MemorySegment.copy(segment, JAVA_BYTE, at + CONTENT_AT, content, 0, content.length);
                found.found(end, count, content);
            }
            end += (long) units * UNIT;
        }
    }
}
