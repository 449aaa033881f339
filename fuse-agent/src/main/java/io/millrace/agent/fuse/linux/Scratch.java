package io.millrace.agent.fuse.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that one system call after the other takes its arguments from: where errno is caught, one
 * struct, and one string. Used by one thread at a time; kept, because an open of a cached file
 * makes five such calls and each arena costs a malloc, a free and half a dozen objects.
 */
final class Scratch {

    private static final int STRUCT = 64;
    private static final int STRUCT_BYTES = 256;
    private static final int STRING = STRUCT + STRUCT_BYTES;

    private final MemorySegment memory;
    private final MemorySegment errno;
    private final MemorySegment struct;

    /**
     * @param memory on a multiple of 8, larger than 320 bytes; the rest is what a string may take
     */
    Scratch(MemorySegment memory) {
        this.memory = memory;
        this.errno = memory.asSlice(0, Libc.ERRNO.byteSize());
        this.struct = memory.asSlice(STRUCT, STRUCT_BYTES);
    }

    /** For calls that are rare. */
    static Scratch create() {
        return new Scratch(Arena.ofAuto().allocate(8192, 8));
    }

    MemorySegment errno() {
        return errno;
    }

    /** Where a struct is put or comes; holds what was last there. */
    MemorySegment struct() {
        return struct;
    }

    /** {@link #struct} with its first {@code bytes} zeroed. */
    MemorySegment cleared(int bytes) {
        struct.asSlice(0, bytes).fill((byte) 0);
        return struct;
    }

    /**
     * Puts a string.
     *
     * @return its address
     * @throws IndexOutOfBoundsException when there is no room for it
     */
    long string(String text) {
        memory.setString(STRING, text);
        return memory.address() + STRING;
    }
}
