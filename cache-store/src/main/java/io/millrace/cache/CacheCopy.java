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
 * A complete file on its way from one directory to another: written under names that are its own
 * and that recovery deletes, made durable as the policy asks, then renamed. Each chunk is verified
 * as it passes.
 *
 * @param number no other copy has
 * @param length of the file in bytes
 */
record CacheCopy(
        long number, FileVersion version, long length, CacheDirectory from, CacheDirectory to) {

    /**
     * Copies the bytes and their checksums.
     *
     * @return false: they are wrong, or their checksums are gone
     * @throws IOException when a disk fails or is full; {@link #abandon} cleans up
     */
    boolean write(SyncPolicy sync, ChunkBuffers buffers) throws IOException {
        Path copy = data();
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

    private ChunkTable newChecksums(Path copy) throws IOException {
        if (BlockLayout.chunks(length) == 1 && to.keepsAttributes()) {
            return new ChecksumAttribute(copy, version, to.epoch());
        }
        return ChunkSidecar.create(
                checksums(),
                new ChunkSidecar.Header(version, length, to.boot(), to.epoch(), false));
    }

    private Path data() {
        return to.layout().copy(version, number);
    }

    private Path checksums() {
        return to.layout().copyCrc(version, number);
    }

    /**
     * Gives the copy its final names: from now on the file is in both directories. The checksums
     * come first, since recovery deletes them when they are alone.
     */
    void commit() throws IOException {
        if (Files.exists(checksums())) {
            Files.move(checksums(), to.layout().crc(version), StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(data(), to.layout().complete(version), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Deletes what was written, unless it has its final names. */
    void abandon() throws IOException {
        Files.deleteIfExists(data());
        Files.deleteIfExists(checksums());
    }
}
