package io.millrace.agent.fuse.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.millrace.agent.fuse.Attributes;
import io.millrace.agent.fuse.Entry;
import io.millrace.agent.fuse.ReadReply;
import io.millrace.model.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where one reply is made: a header and a body whose first byte lies on a page. Used by one thread
 * at a time.
 *
 * <p>It remembers the nodes whose lookup count the reply raises, so that they can be taken back
 * when the reply does not arrive; and the file it opens. The body may also lie elsewhere, lent for
 * this reply.
 */
final class ReplyBuffer implements ReadReply {

    private static final int PAGE = 4096;
    private static final int BODY = 2 * PAGE;

    /** With the header as many as struct iovec that a scratch has room for. */
    private static final int MAX_PARTS = 15;

    private static final int HEADER = BODY - Wire.OUT_HEADER;

    private final MemorySegment memory;
    private final Scratch scratch;
    private final ByteBuffer body;
    private final int capacity;
    private long[] given = new long[16];
    private int givenCount;
    private @Nullable Opened opened;
    private List<ByteBuffer> lent = List.of();
    private Runnable releaseLent = () -> {};

    /** A file that the reply in the making says is open. */
    record Opened(long node, long handle) {}

    /**
     * @param capacity of the body in bytes, a multiple of 8
     */
    ReplyBuffer(int capacity) {
        this.capacity = capacity;
        memory = Arena.ofAuto().allocate(BODY + (long) capacity, PAGE);
        scratch = new Scratch(memory.asSlice(0, HEADER));
        body = memory.asSlice(BODY, capacity).asByteBuffer();
    }

    int capacity() {
        return capacity;
    }

    /** Memory for what system calls take while the reply is made: the pages before its header. */
    Scratch scratch() {
        return scratch;
    }

    @Override
    public ByteBuffer buffer(int bytes) {
        return body.slice(0, bytes);
    }

    @Override
    public void lend(List<ByteBuffer> parts, Runnable release) {
        if (parts.size() > MAX_PARTS) {
            release.run();
            throw new IllegalArgumentException(parts.size() + " parts of one reply");
        }
        lent = parts;
        releaseLent = release;
    }

    void putInt(int offset, int value) {
        memory.set(JAVA_INT_UNALIGNED, BODY + (long) offset, value);
    }

    void putShort(int offset, int value) {
        memory.set(
                java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED,
                BODY + (long) offset,
                (short) value);
    }

    void putLong(int offset, long value) {
        memory.set(JAVA_LONG_UNALIGNED, BODY + (long) offset, value);
    }

    void putBytes(int offset, byte[] bytes) {
        MemorySegment.copy(
                bytes,
                0,
                memory,
                java.lang.foreign.ValueLayout.JAVA_BYTE,
                BODY + (long) offset,
                bytes.length);
    }

    void clear(int offset, int bytes) {
        memory.asSlice(BODY + (long) offset, bytes).fill((byte) 0);
    }

    /** Writes a fuse_entry_out. */
    void putEntry(int offset, Entry entry) {
        clear(offset, Wire.ENTRY_OUT);
        putDuration(offset + 16, offset + 32, entry.validMillis());
        if (entry instanceof Entry.Present present) {
            putLong(offset, present.node());
            putDuration(offset + 24, offset + 36, present.attributesValidMillis());
            putAttributes(offset + Wire.ENTRY_ATTR, present.attributes());
            remember(present.node());
        }
    }

    /** Writes a fuse_attr_out. */
    void putAttributesAnswer(Attributes attributes, long validMillis) {
        clear(0, Wire.ATTR_OUT);
        putDuration(0, 8, validMillis);
        putAttributes(Wire.ATTR_ATTR, attributes);
    }

    private void putDuration(int secondsOffset, int nanosOffset, long millis) {
        putLong(secondsOffset, millis / 1000);
        putInt(nanosOffset, (int) (millis % 1000) * 1_000_000);
    }

    private void putAttributes(int offset, Attributes attributes) {
        long seconds = Math.floorDiv(attributes.modifiedMillis(), 1000L);
        int nanos = (int) Math.floorMod(attributes.modifiedMillis(), 1000L) * 1_000_000;
        putLong(offset, attributes.inode());
        putLong(offset + 8, attributes.length());
        putLong(offset + 16, (attributes.length() + 511) / 512);
        putLong(offset + 24, seconds);
        putLong(offset + 32, seconds);
        putLong(offset + 40, seconds);
        putInt(offset + 48, nanos);
        putInt(offset + 52, nanos);
        putInt(offset + 56, nanos);
        putInt(offset + 60, attributes.mode());
        putInt(offset + 64, attributes.kind() == Attributes.Kind.DIRECTORY ? 2 : 1);
        putInt(offset + 68, attributes.uid());
        putInt(offset + 72, attributes.gid());
        putInt(offset + 80, Wire.MAX_READ);
    }

    private void remember(long node) {
        if (givenCount == given.length) {
            given = Arrays.copyOf(given, given.length * 2);
        }
        given[givenCount++] = node;
    }

    /** The nodes whose lookup count the reply in the making raises, once each time they are put. */
    long[] given() {
        return Arrays.copyOf(given, givenCount);
    }

    /** Notes that the reply in the making says that {@code node} is open. */
    void opened(long node, long handle) {
        opened = new Opened(node, handle);
    }

    /** The file that the reply in the making opens; null: none. */
    @Nullable Opened opened() {
        return opened;
    }

    /** Starts a new reply. */
    void reset() {
        givenCount = 0;
        opened = null;
        giveBackLent();
    }

    /** What was lent for the reply is not needed: it was sent, or will not be. */
    void giveBackLent() {
        if (!lent.isEmpty()) {
            lent = List.of();
            releaseLent.run();
        }
    }

    /**
     * Sends {@code unique}'s answer.
     *
     * @param result bytes of the body, or a negative errno
     * @return 0, or the negative errno of the write: ENOENT says that nobody waits for the answer
     */
    int send(int fd, long unique, int result) {
        int bytes = Wire.OUT_HEADER + Math.max(result, 0);
        memory.set(JAVA_INT_UNALIGNED, HEADER, bytes);
        memory.set(JAVA_INT_UNALIGNED, HEADER + 4, Math.min(result, 0));
        memory.set(JAVA_LONG_UNALIGNED, HEADER + 8, unique);
        try {
            return lent.isEmpty() || result <= 0 ? write(fd, bytes) : writeLent(fd);
        } finally {
            giveBackLent();
        }
    }

    /** The header, and the body from where it lies. */
    private int writeLent(int fd) {
        MemorySegment vector = scratch.struct();
        vector.setAtIndex(JAVA_LONG, 0, memory.address() + HEADER);
        vector.setAtIndex(JAVA_LONG, 1, Wire.OUT_HEADER);
        int count = 1;
        for (ByteBuffer part : lent) {
            vector.setAtIndex(JAVA_LONG, 2L * count, MemorySegment.ofBuffer(part).address());
            vector.setAtIndex(JAVA_LONG, 2L * count + 1, part.remaining());
            count++;
        }
        int parts = count;
        int result =
                untilDone(() -> Libc.writeVector(scratch.errno(), fd, vector.address(), parts));
        Reference.reachabilityFence(lent);
        return result;
    }

    /** 0, or the negative errno; a signal that comes between does not count. */
    private static int untilDone(LongSupplier write) {
        long result;
        do {
            result = write.getAsLong();
        } while (result == -Errno.EINTR);
        return (int) Math.min(result, 0);
    }

    /** Sends a notification with {@code bytes} of body. */
    int notify(int fd, int code, int bytes) {
        memory.set(JAVA_INT_UNALIGNED, HEADER, Wire.OUT_HEADER + bytes);
        memory.set(JAVA_INT_UNALIGNED, HEADER + 4, code);
        memory.set(JAVA_LONG_UNALIGNED, HEADER + 8, 0);
        return write(fd, Wire.OUT_HEADER + bytes);
    }

    private int write(int fd, int bytes) {
        return untilDone(() -> Libc.write(scratch.errno(), fd, memory.address() + HEADER, bytes));
    }
}
