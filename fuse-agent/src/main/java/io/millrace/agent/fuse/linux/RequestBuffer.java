package io.millrace.agent.fuse.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Where one reader thread gets requests, one after the other. Offsets count behind the header. */
final class RequestBuffer {

    private final MemorySegment memory = Arena.ofAuto().allocate(Wire.REQUEST_BYTES, 4096);
    private final MemorySegment errno = Arena.ofAuto().allocate(Libc.ERRNO);
    private int length;

    /**
     * Waits for the next request.
     *
     * @return 0, or the negative errno
     * @throws MalformedRequest when it is shorter or longer than it says
     */
    int receive(int fd) {
        long result = Libc.read(errno, fd, memory.address(), Wire.REQUEST_BYTES);
        if (result < 0) {
            return (int) result;
        }
        length = (int) result;
        if (length < Wire.IN_HEADER || memory.get(JAVA_INT_UNALIGNED, 0) != length) {
            throw new MalformedRequest("a request of " + length + " bytes has no such header");
        }
        return 0;
    }

    int opcode() {
        return memory.get(JAVA_INT_UNALIGNED, Wire.IN_OPCODE);
    }

    long unique() {
        return memory.get(JAVA_LONG_UNALIGNED, Wire.IN_UNIQUE);
    }

    long node() {
        return memory.get(JAVA_LONG_UNALIGNED, Wire.IN_NODE);
    }

    /** The thread that asks, as this process sees its id; 0: of another namespace. */
    int thread() {
        return memory.get(JAVA_INT_UNALIGNED, Wire.IN_THREAD);
    }

    /** How many bytes lie behind the header. */
    int bodyBytes() {
        return length - Wire.IN_HEADER;
    }

    private void requireBody(int bytes) {
        if (bytes > bodyBytes()) {
            throw new MalformedRequest(
                    "a request of opcode "
                            + opcode()
                            + " has "
                            + bodyBytes()
                            + " bytes behind its header, not "
                            + bytes);
        }
    }

    int intAt(int offset) {
        requireBody(offset + Integer.BYTES);
        return memory.get(JAVA_INT_UNALIGNED, Wire.IN_HEADER + offset);
    }

    long longAt(int offset) {
        requireBody(offset + Long.BYTES);
        return memory.get(JAVA_LONG_UNALIGNED, Wire.IN_HEADER + offset);
    }

    /**
     * The name that is the rest of the body; null: it is not UTF-8, so nothing has that name.
     *
     * @param offset where it begins
     * @throws MalformedRequest when there is no room for one
     */
    @Nullable String nameAt(int offset) {
        requireBody(offset + 1);
        int start = Wire.IN_HEADER + offset;
        int bytes = length - start - 1;
        byte[] name = new byte[bytes];
        MemorySegment.copy(memory, JAVA_BYTE, start, name, 0, bytes);
        for (byte b : name) {
            if (b < 0) {
                return decode(name);
            }
        }
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    private static @Nullable String decode(byte[] name) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
