package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.FileVersion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * The file beside cached data that says which chunks are there, and their CRC32C: a header of 96
 * bytes, then 8 bytes for each chunk.
 *
 * <p>An entry is written after the chunk's bytes are, with the same kind of system call, so who
 * sees the entry reads the bytes, also in another process. It is written and not mapped for
 * writing: a full disk is then an error and not a signal. After a power loss the order does not
 * hold; so the header names the boot and the epoch for which PRESENT may be believed.
 */
final class ChunkSidecar implements ChunkTable {

    static final int MISSING = 0;
    static final int PRESENT = 1;

    /** Was present before an unclean stop: its checksum is to be verified before it is used. */
    static final int SUSPECT = 2;

    static final int HEADER_BYTES = 96;
    private static final int ENTRY_BYTES = 8;
    private static final long MAGIC = 0x4d494c4c43484b31L;
    private static final int LAYOUT = 1;
    private static final int AT_DROPPED = 64;

    /** A header that says more has been spoilt. */
    private static final long MOST_BYTES = (long) Integer.MAX_VALUE * BlockLayout.CHUNK_BYTES;

    /**
     * @param boot in which PRESENT may be believed by readers
     * @param epoch in which PRESENT may be believed by the worker
     * @param dropped whether the data file under this name may be another one by now
     */
    record Header(FileVersion version, long length, UUID boot, long epoch, boolean dropped) {}

    private final FileChannel channel;

    private ChunkSidecar(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Makes the sidecar of a file none of whose chunks is there; each byte has its place on disk.
     */
    static ChunkSidecar create(Path path, Header header) throws IOException {
        int chunks = BlockLayout.chunks(header.length());
        ByteBuffer content = ByteBuffer.allocate(HEADER_BYTES + chunks * ENTRY_BYTES);
        putHeader(content, header);
        content.clear();
        FileChannel channel =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        ChunkSidecar sidecar = new ChunkSidecar(channel);
        try {
            sidecar.write(content, 0);
            return sidecar;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    static ChunkSidecar open(Path path) throws IOException {
        return new ChunkSidecar(
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    static ChunkSidecar openToRead(Path path) throws IOException {
        return new ChunkSidecar(FileChannel.open(path, StandardOpenOption.READ));
    }

    /** Empty when this is no sidecar of this layout, or not of the length its chunks need. */
    Optional<Header> header() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(HEADER_BYTES);
        if (read(buffer, 0) < HEADER_BYTES) {
            return Optional.empty();
        }
        buffer.flip();
        if (buffer.getLong() != MAGIC
                || buffer.getInt() != LAYOUT
                || buffer.getInt() != BlockLayout.CHUNK_BYTES) {
            return Optional.empty();
        }
        Header header =
                new Header(
                        new FileVersion(buffer.getLong(), buffer.getLong()),
                        buffer.getLong(),
                        new UUID(buffer.getLong(), buffer.getLong()),
                        buffer.getLong(),
                        buffer.getLong() != 0);
        boolean whole =
                header.length() >= 0
                        && header.length() <= MOST_BYTES
                        && channel.size()
                                == HEADER_BYTES
                                        + (long) BlockLayout.chunks(header.length()) * ENTRY_BYTES;
        return whole ? Optional.of(header) : Optional.empty();
    }

    /** The states of all chunks. */
    AtomicIntegerArray states(int chunks) throws IOException {
        ByteBuffer entries = entries(0, chunks);
        AtomicIntegerArray states = new AtomicIntegerArray(chunks);
        for (int chunk = 0; chunk < chunks; chunk++) {
            states.setPlain(chunk, state(entries.getInt(chunk * ENTRY_BYTES)));
        }
        return states;
    }

    /** Whether each of {@code count} chunks from {@code first} on is PRESENT. */
    boolean allPresent(int first, int count) throws IOException {
        ByteBuffer entries = entries(first, count);
        for (int i = 0; i < count; i++) {
            if (entries.getInt(i * ENTRY_BYTES) != PRESENT) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean isFile() {
        return true;
    }

    @Override
    public int crc(int chunk) throws IOException {
        return entries(chunk, 1).getInt(4);
    }

    @Override
    public void setPresent(int chunk, int crc) throws IOException {
        write(ByteBuffer.allocate(ENTRY_BYTES).putInt(PRESENT).putInt(crc).flip(), at(chunk));
    }

    @Override
    public void setMissing(int chunk) throws IOException {
        write(ByteBuffer.allocate(ENTRY_BYTES), at(chunk));
    }

    /** Makes all that is PRESENT SUSPECT, and then the header believed again. */
    void distrust(Header believed) throws IOException {
        int chunks = BlockLayout.chunks(believed.length());
        ByteBuffer entries = entries(0, chunks);
        for (int chunk = 0; chunk < chunks; chunk++) {
            if (entries.getInt(chunk * ENTRY_BYTES) == PRESENT) {
                entries.putInt(chunk * ENTRY_BYTES, SUSPECT);
            }
        }
        write(entries, HEADER_BYTES);
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        putHeader(header, believed);
        write(header.clear(), 0);
    }

    @Override
    public void setDropped() throws IOException {
        write(ByteBuffer.allocate(8).putLong(1).flip(), AT_DROPPED);
    }

    boolean isDropped() throws IOException {
        ByteBuffer flag = ByteBuffer.allocate(8);
        return read(flag, AT_DROPPED) < 8 || flag.getLong(0) != 0;
    }

    @Override
    public void force() throws IOException {
        channel.force(false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static void putHeader(ByteBuffer buffer, Header header) {
        buffer.putLong(MAGIC)
                .putInt(LAYOUT)
                .putInt(BlockLayout.CHUNK_BYTES)
                .putLong(header.version().high())
                .putLong(header.version().low())
                .putLong(header.length())
                .putLong(header.boot().getMostSignificantBits())
                .putLong(header.boot().getLeastSignificantBits())
                .putLong(header.epoch())
                .putLong(header.dropped() ? 1 : 0);
    }

    private static int state(int stored) {
        return stored == PRESENT || stored == SUSPECT ? stored : MISSING;
    }

    private static long at(int chunk) {
        return HEADER_BYTES + (long) chunk * ENTRY_BYTES;
    }

    private ByteBuffer entries(int first, int count) throws IOException {
        ByteBuffer entries = ByteBuffer.allocate(count * ENTRY_BYTES);
        if (read(entries, at(first)) < entries.capacity()) {
            throw new EOFException("a chunk table ends too early");
        }
        return entries.clear();
    }

    private int read(ByteBuffer target, long position) throws IOException {
        int read = 0;
        while (target.hasRemaining()) {
            int n = channel.read(target, position + read);
            if (n < 0) {
                break;
            }
            read += n;
        }
        return read;
    }

    private void write(ByteBuffer source, long position) throws IOException {
        long at = position;
        while (source.hasRemaining()) {
            at += channel.write(source, at);
        }
    }
}
