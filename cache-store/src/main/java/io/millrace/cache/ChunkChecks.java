package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;

/**
 * Computes the checksums of chunks as they lie on disk, as many at once as there are processors.
 *
 * <p>Bytes are read into memory first, where reading them cannot fail: a mapped page that its disk
 * does not give would end the process.
 */
final class ChunkChecks {

    private static final int AT_ONCE = Runtime.getRuntime().availableProcessors();

    private final Semaphore turns = new Semaphore(AT_ONCE);
    private final ChunkBuffers buffers = new ChunkBuffers(AT_ONCE);

    /**
     * Whether a chunk of an open file has the checksum that is kept of it.
     *
     * @throws IOException when the disk fails, the file is shorter than it must be, or no checksum
     *     is kept
     */
    boolean isRight(CacheEntry entry, int chunk) throws IOException {
        entry.openChecksums();
        return crc(entry, chunk) == entry.checksum(chunk);
    }

    private int crc(CacheEntry entry, int chunk) throws IOException {
        ByteRange range = BlockLayout.chunkRange(chunk, entry.length);
        turns.acquireUninterruptibly();
        try (ChunkBuffers.Lease lease = buffers.lease()) {
            ByteBuffer buffer = lease.cleared().limit(Math.toIntExact(range.length()));
            entry.read(buffer, range.offset());
            return Checksums.crc(buffer.flip());
        } finally {
            turns.release();
        }
    }
}
