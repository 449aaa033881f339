package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A complete file on its way from one directory to another: written under a name that recovery
 * deletes, made durable as the policy asks, then renamed. Each chunk is verified as it passes.
 *
 * @param length of the file in bytes
 */
record CacheCopy(FileVersion version, long length, CacheDirectory from, CacheDirectory to) {

    /**
     * Copies the bytes and their checksums.
     *
     * @return false: they are wrong, or their checksums are gone
     * @throws IOException when a disk fails or is full; {@link #abandon} cleans up
     */
    boolean write(SyncPolicy sync, ChunkBuffers buffers) throws IOException {
        Path copy = to.layout().copy(version);
        Files.createDirectories(copy.getParent());
        try (FileChannel source =
                        FileChannel.open(from.layout().complete(version), StandardOpenOption.READ);
                ChunkTable checksums = Checksums.open(from, version, length);
                FileChannel target =
                        FileChannel.open(
                                copy,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE);
                ChunkTable copied = length == 0 ? null : newChecksums(copy);
                ChunkBuffers.Lease lease = buffers.lease()) {
            if (checksums != null
                    && copied != null
                    && !copyChunks(source, checksums, target, copied, lease)) {
                return false;
            }
            if (length > 0 && checksums == null) {
                return false;
            }
            if (sync != SyncPolicy.NEVER) {
                target.force(true);
                if (copied != null) {
                    copied.force();
                }
            }
            return true;
        }
    }

    private boolean copyChunks(
            FileChannel source,
            ChunkTable checksums,
            FileChannel target,
            ChunkTable copied,
            ChunkBuffers.Lease lease)
            throws IOException {
        for (int chunk = 0; chunk < BlockLayout.chunks(length); chunk++) {
            ByteBuffer buffer =
                    lease.cleared().limit((int) BlockLayout.chunkRange(chunk, length).length());
            CacheReaders.readFully(source, buffer, (long) chunk * BlockLayout.CHUNK_BYTES);
            int crc = Checksums.crc(buffer.flip());
            if (crc != checksums.crc(chunk)) {
                return false;
            }
            buffer.rewind();
            while (buffer.hasRemaining()) {
                target.write(buffer);
            }
            copied.setPresent(chunk, crc);
        }
        return true;
    }

    /** A table without its data is deleted by recovery, so it may have its name at once. */
    private ChunkTable newChecksums(Path copy) throws IOException {
        if (BlockLayout.chunks(length) == 1 && to.keepsAttributes()) {
            return new ChecksumAttribute(copy, version, to.epoch());
        }
        return ChunkSidecar.create(
                to.layout().crc(version),
                new ChunkSidecar.Header(version, length, to.boot(), to.epoch(), false));
    }

    /** Gives the copy its final name: from now on the file is in both directories. */
    void commit() throws IOException {
        Files.move(
                to.layout().copy(version),
                to.layout().complete(version),
                StandardCopyOption.ATOMIC_MOVE);
    }

    /** Deletes what was written. */
    void abandon() throws IOException {
        Files.deleteIfExists(to.layout().copy(version));
        Files.deleteIfExists(to.layout().crc(version));
    }
}
