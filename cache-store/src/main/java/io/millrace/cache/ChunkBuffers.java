package io.millrace.cache;

import io.millrace.model.BlockLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Memory for one chunk at a time, outside the heap and used again. New memory is zeroed each time,
 * and is given back only by a collection of the whole heap, which stops every reader.
 */
final class ChunkBuffers {

    /** Of a disk's sectors, and of memory that they are read into directly. */
    private static final int ALIGNMENT = 4096;

    private final ArrayBlockingQueue<ByteBuffer> idle;

    /**
     * @param atMost buffers that are kept while nobody uses them
     */
    ChunkBuffers(int atMost) {
        this.idle = new ArrayBlockingQueue<>(atMost);
    }

    Lease lease() {
        ByteBuffer kept = idle.poll();
        return new Lease(
                kept != null
                        ? kept
                        : ByteBuffer.allocateDirect(BlockLayout.CHUNK_BYTES + ALIGNMENT)
                                .alignedSlice(ALIGNMENT));
    }

    /** A buffer that has at least the bytes of a chunk, and begins where sectors may be read to. */
    final class Lease implements AutoCloseable {

        private final ByteBuffer buffer;

        private Lease(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        /** From its beginning, with a chunk's bytes as its limit. */
        ByteBuffer cleared() {
            return buffer.clear().limit(BlockLayout.CHUNK_BYTES);
        }

        @Override
        public void close() {
            idle.offer(buffer);
        }
    }
}
