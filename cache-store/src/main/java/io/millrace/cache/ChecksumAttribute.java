package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import org.jspecify.annotations.Nullable;

/**
 * The checksum of a file of one chunk, in an extended attribute of that file.
 *
 * <p>Such a file has no state between absent and whole, so it needs no table that others read while
 * it grows. One file less to make, rename and unlink halves the inodes of a data set of small
 * files; ext4 keeps the attribute in the inode. It names the epoch for which the bytes may be
 * believed, as {@link ChunkSidecar} does.
 */
final class ChecksumAttribute implements ChunkTable {

    private static final String NAME = "millrace";
    private static final int BYTES = 32;
    private static final int LAYOUT = 1;

    private final Path file;
    private final FileVersion version;
    private final long epoch;
    private volatile int crc;

    /**
     * Of a file whose bytes are still to be written.
     *
     * @param epoch of the directory now
     */
    ChecksumAttribute(Path file, FileVersion version, long epoch) {
        this.file = file;
        this.version = version;
        this.epoch = epoch;
    }

    /** What an attribute says of a file's one chunk. */
    record Opened(ChecksumAttribute table, int state) {}

    /** Null when {@code file} has no such attribute, or that of another file. */
    static @Nullable Opened open(Path file, FileVersion version, long epoch) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(BYTES);
        try {
            view(file).read(NAME, content);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (FileSystemException e) {
            return null;
        }
        if (content.flip().remaining() != BYTES
                || content.getInt() != LAYOUT
                || content.getLong() != version.high()
                || content.getLong() != version.low()) {
            return null;
        }
        boolean believed = content.getLong() == epoch;
        ChecksumAttribute table = new ChecksumAttribute(file, version, epoch);
        table.crc = content.getInt();
        return new Opened(table, believed ? ChunkSidecar.PRESENT : ChunkSidecar.SUSPECT);
    }

    /** Whether the file system of {@code file} keeps attributes; tried on the file. */
    static boolean areKept(Path file) {
        try {
            view(file).write(NAME, ByteBuffer.allocate(BYTES));
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    @Override
    public boolean isFile() {
        return false;
    }

    @Override
    public int crc(int chunk) {
        return crc;
    }

    @Override
    public void setPresent(int chunk, int crcOfChunk) throws IOException {
        ByteBuffer content =
                ByteBuffer.allocate(BYTES)
                        .putInt(LAYOUT)
                        .putLong(version.high())
                        .putLong(version.low())
                        .putLong(epoch)
                        .putInt(crcOfChunk)
                        .flip();
        view(file).write(NAME, content);
        crc = crcOfChunk;
    }

    /** Such a file is dropped as a whole. */
    @Override
    public void setMissing(int chunk) {}

    /** Readers know only its final name. */
    @Override
    public void setDropped() {}

    /** It is made durable with the file. */
    @Override
    public void force() {}

    @Override
    public void close() {}

    private static UserDefinedFileAttributeView view(Path file) {
        UserDefinedFileAttributeView view =
                Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
        if (view == null) {
            throw new UnsupportedOperationException("no extended attributes at " + file);
        }
        return view;
    }
}
