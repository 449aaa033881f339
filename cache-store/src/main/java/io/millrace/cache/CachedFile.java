package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A file of the cache in use by the worker: what is resident can be read, what is missing can be
 * put. While it is open it is not evicted; when it is dropped it stays readable, and takes nothing
 * more. Safe for many threads; close it once no slice of it is used any more.
 */
public final class CachedFile implements ResidentFile {

    /** What became of a chunk that was offered. */
    public enum Put {
        /** It is resident. */
        STORED,
        /** It is not cached: no room, the disk failed, or the file was dropped. */
        REFUSED
    }

    private final CacheStore store;
    private final CacheEntry entry;
    private final long length;
    private final AtomicBoolean closed = new AtomicBoolean();

    CachedFile(CacheStore store, CacheEntry entry, long length) {
        this.store = store;
        this.entry = entry;
        this.length = length;
    }

    public FileVersion version() {
        return entry.version;
    }

    public long length() {
        return length;
    }

    /** Whether all bytes are there under the final name; partial files with all chunks soon are. */
    @Override
    public boolean isComplete() {
        return entry.kind == CacheEntry.Kind.COMPLETE && entry.isFull();
    }

    /** Chunks whose checksum is still to be verified count as missing: {@link #verify} them. */
    @Override
    public boolean isResident(ByteRange range) {
        if (range.end() > length) {
            return false;
        }
        if (range.isEmpty()) {
            return length > 0 || isComplete();
        }
        int last = BlockLayout.chunkAt(range.end() - 1);
        for (int chunk = BlockLayout.chunkAt(range.offset()); chunk <= last; chunk++) {
            if (entry.state(chunk) != ChunkSidecar.PRESENT) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a chunk is resident and its bytes are right. After an unclean stop this reads the
     * chunk once and checks its checksum; a chunk that fails is dropped.
     */
    public boolean verify(int chunk) {
        return switch (entry.state(chunk)) {
            case ChunkSidecar.PRESENT -> true;
            case ChunkSidecar.SUSPECT -> store.chunks().verify(entry, chunk);
            default -> false;
        };
    }

    /**
     * Whether bytes of one chunk are resident, and right as they lie on disk now: a whole chunk is
     * checked each time, for a part of one a check of the last 30 s holds unless the file has been
     * written to since. A chunk that fails is dropped, or its file where it is complete.
     *
     * @param wanted not empty, inside one chunk
     */
    public boolean isRight(ByteRange wanted) {
        int chunk = BlockLayout.chunkAt(wanted.offset());
        return wanted.equals(BlockLayout.chunkRange(chunk, length))
                ? store.chunks().recheck(entry, chunk)
                : store.chunks().checkLately(entry, chunk);
    }

    /**
     * Checks a resident chunk against its checksum, whatever is believed of it. One that fails is
     * dropped, or its file where it is complete.
     *
     * @return false: it is not resident, or not any more
     */
    public boolean recheck(int chunk) {
        return store.chunks().recheck(entry, chunk);
    }

    /**
     * The CRC32C of a resident chunk, as it was when its bytes came.
     *
     * @throws IOException when the disk fails, or the file has been dropped
     */
    public int checksum(int chunk) throws IOException {
        return store.chunks().checksum(entry, chunk);
    }

    /** Whether a chunk is to be fetched: {@link #verify} has not found it, or cannot any more. */
    public boolean isMissing(int chunk) {
        return switch (entry.state(chunk)) {
            case ChunkSidecar.PRESENT -> false;
            case ChunkSidecar.SUSPECT -> entry.dropped;
            default -> true;
        };
    }

    /** Whether the file has been dropped: what is put now is refused, and opening makes another. */
    public boolean isDropped() {
        return entry.dropped;
    }

    /**
     * Offers the bytes of a chunk. They are resident when this returns STORED, and readable by
     * others from then on. A chunk that is resident already is left as it is.
     *
     * @param bytes exactly the chunk's; position and limit are left as they are
     */
    public Put put(int chunk, ByteBuffer bytes) {
        ByteRange range = BlockLayout.chunkRange(chunk, length);
        if (bytes.remaining() != range.length()) {
            throw new IllegalArgumentException(
                    "chunk "
                            + chunk
                            + " has "
                            + range.length()
                            + " bytes, not "
                            + bytes.remaining());
        }
        return store.chunks().put(entry, chunk, bytes);
    }

    /** Makes an empty file resident; for files of length 0, which have no chunk. */
    public Put putEmpty() {
        if (length != 0) {
            throw new IllegalStateException("file " + entry.version + " is not empty");
        }
        return store.chunks().putEmpty(entry);
    }

    /** Bytes of the file that are resident, verified or not. */
    public long residentBytes() {
        return store.residentBytes(entry);
    }

    @Override
    public void read(ByteBuffer target, long offset) throws IOException {
        try {
            entry.read(target, offset);
        } catch (IOException e) {
            store.readFailed(entry, e);
            throw e;
        }
    }

    /**
     * Resident bytes as they lie in the page cache, for writing to a socket without a copy. Valid
     * until this is closed.
     *
     * @param bytes more than 0; all of them resident
     */
    public ByteBuffer slice(long offset, int bytes) throws IOException {
        return entry.slice(offset, bytes);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            store.release(entry);
        }
    }
}
