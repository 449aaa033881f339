package io.millrace.cache;

import com.sun.nio.file.ExtendedOpenOption;
import io.millrace.model.BlockLayout;
import io.millrace.model.FileVersion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The checksums of complete files, and whether the bytes on disk agree with them. */
final class Checksums {

    private Checksums() {}

    /** What is kept beside a complete file; null: nothing that belongs to it. */
    static @Nullable ChunkTable open(CacheDirectory directory, FileVersion version, long length)
            throws IOException {
        if (BlockLayout.chunks(length) == 1) {
            ChecksumAttribute.Opened attribute =
                    ChecksumAttribute.open(
                            directory.layout().complete(version), version, directory.epoch());
            if (attribute != null) {
                return attribute.table();
            }
        }
        try {
            ChunkSidecar table = ChunkSidecar.openToRead(directory.layout().crc(version));
            Optional<ChunkSidecar.Header> header = table.header();
            if (header.isPresent()
                    && header.get().version().equals(version)
                    && header.get().length() == length) {
                return table;
            }
            table.close();
            return null;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /**
     * Reads a complete file, past the page cache where the file system can: what is to be verified
     * is the disk, and what readers have in memory is to stay there.
     *
     * @return false: a chunk is wrong, the file is too short, or its checksums are gone
     */
    static boolean hold(
            CacheDirectory directory, FileVersion version, long length, ChunkBuffers buffers)
            throws IOException {
        if (length == 0) {
            return true;
        }
        try (FileChannel data = openDirectly(directory.layout().complete(version));
                ChunkTable table = open(directory, version, length);
                ChunkBuffers.Lease lease = buffers.lease()) {
            if (table == null || data.size() != length) {
                return false;
            }
            for (int chunk = 0; chunk < BlockLayout.chunks(length); chunk++) {
                int bytes = (int) BlockLayout.chunkRange(chunk, length).length();
                ByteBuffer buffer = lease.cleared();
                read(data, buffer, (long) chunk * BlockLayout.CHUNK_BYTES, bytes);
                if (crc(buffer.flip().limit(bytes)) != table.crc(chunk)) {
                    return false;
                }
            }
            return true;
        }
    }

    private static void read(FileChannel data, ByteBuffer buffer, long offset, int bytes)
            throws IOException {
        while (buffer.position() < bytes) {
            if (data.read(buffer, offset + buffer.position()) < 0) {
                throw new EOFException("a cache file ends too early");
            }
        }
    }

    private static FileChannel openDirectly(Path file) throws IOException {
        try {
            return FileChannel.open(file, StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            return FileChannel.open(file, StandardOpenOption.READ);
        }
    }

    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
