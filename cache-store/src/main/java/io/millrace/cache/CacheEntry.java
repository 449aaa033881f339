package io.millrace.cache;

import io.millrace.cache.eviction.CacheClass;
import io.millrace.model.BlockLayout;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One file of the cache: its names on disk and, while it is open, its channels and chunk states.
 *
 * <p>{@link #files} guards the names, and opening and closing; it is held across these few system
 * calls, because two makers of one name would tear it. Who holds a reference finds the channels
 * open. The fields of the index are guarded by the index's lock.
 */
final class CacheEntry {

    enum Kind {
        /** Not looked for on disk yet. */
        UNKNOWN,
        /** Nothing on disk. */
        ABSENT,
        PARTIAL,
        COMPLETE
    }

    /** In {@link #states} only, never on disk. */
    static final int WRITING = 3;

    final FileVersion version;
    final ReentrantLock files = new ReentrantLock();

    // Guarded by the index.
    int references;
    long residentBytes;
    boolean removed;
    CacheClass cacheClass = CacheClass.DEFAULT;

    /** Its number in the table; none: it has no bytes. */
    int file = FileTable.NONE;

    /**
     * Set by the index under its lock, while {@link #files} is held: the names are gone or going.
     */
    volatile boolean dropped;

    // Written under files.
    volatile Kind kind = Kind.UNKNOWN;
    volatile long length;
    private volatile @Nullable CacheTier tier;
    private volatile boolean verified;
    private volatile boolean open;
    private volatile @Nullable FileChannel data;
    private volatile @Nullable ChunkTable table;

    /** Null while open: every chunk is there, and may be believed. */
    private volatile @Nullable AtomicIntegerArray states;

    /** What was checked while open. */
    volatile @Nullable CheckedChunks checked;

    private @Nullable Arena arena;
    private volatile @Nullable MemorySegment mapping;

    CacheEntry(FileVersion version) {
        this.version = version;
    }

    /** As it was before only its row was kept; of a partial file the disk knows more. */
    void restoreState(CacheTier in, boolean complete, boolean wasVerified) {
        tier = in;
        if (complete) {
            kind = Kind.COMPLETE;
            length = residentBytes;
            verified = wasVerified;
        }
    }

    /** Where it lies. */
    CacheTier tier() {
        CacheTier known = tier;
        if (known == null) {
            throw new IllegalStateException("cache file " + version + " lies nowhere");
        }
        return known;
    }

    boolean isPlaced() {
        return tier != null;
    }

    /** Where it lies, or is to lie, from now on. */
    void moveTo(CacheTier to) {
        tier = to;
    }

    boolean isVerified() {
        return verified;
    }

    /**
     * Looks what is on disk, and cleans away what cannot be used.
     *
     * @return bytes resident, believed or not
     */
    long examine(CacheLayout layout) throws IOException {
        Path complete = layout.complete(version);
        if (Files.exists(complete)) {
            length = Files.size(complete);
            kind = Kind.COMPLETE;
            Files.deleteIfExists(layout.part(version));
            if (Files.exists(layout.crc(version))) {
                Files.deleteIfExists(layout.chunks(version));
            } else if (Files.exists(layout.chunks(version))) {
                Files.move(layout.chunks(version), layout.crc(version));
            }
            return length;
        }
        long resident = examinePartial(layout);
        kind = resident > 0 ? Kind.PARTIAL : Kind.ABSENT;
        if (kind == Kind.ABSENT) {
            layout.delete(version);
        } else {
            Files.deleteIfExists(layout.crc(version));
        }
        return resident;
    }

    private long examinePartial(CacheLayout layout) throws IOException {
        if (!Files.exists(layout.part(version)) || !Files.exists(layout.chunks(version))) {
            return 0;
        }
        try (ChunkSidecar table = ChunkSidecar.openToRead(layout.chunks(version))) {
            Optional<ChunkSidecar.Header> header = table.header();
            if (header.isEmpty()
                    || !header.get().version().equals(version)
                    || header.get().dropped()
                    || header.get().length() != Files.size(layout.part(version))) {
                return 0;
            }
            length = header.get().length();
            AtomicIntegerArray found = table.states(BlockLayout.chunks(length));
            long resident = 0;
            for (int chunk = 0; chunk < found.length(); chunk++) {
                if (found.getPlain(chunk) != ChunkSidecar.MISSING) {
                    resident += BlockLayout.chunkRange(chunk, length).length();
                }
            }
            return resident;
        }
    }

    boolean isOpen() {
        return open;
    }

    /**
     * Opens what {@link #examine} found.
     *
     * @return false when it is not as it must be: to be dropped
     */
    boolean open(CacheDirectory directory) throws IOException {
        CacheLayout layout = directory.layout();
        int chunks = BlockLayout.chunks(length);
        try {
            boolean usable =
                    switch (kind) {
                        case UNKNOWN, ABSENT -> {
                            states = new AtomicIntegerArray(chunks);
                            yield true;
                        }
                        case PARTIAL -> {
                            data = PartFile.open(layout.part(version), length);
                            yield openTable(layout.chunks(version), directory);
                        }
                        case COMPLETE -> {
                            data =
                                    FileChannel.open(
                                            layout.complete(version), StandardOpenOption.READ);
                            yield verified
                                    || chunks == 0
                                    || openAttribute(layout.complete(version), directory)
                                    || (openTable(layout.crc(version), directory)
                                            && !has(ChunkSidecar.MISSING));
                        }
                    };
            open = usable;
            if (!usable) {
                closeFiles();
            } else if (kind == Kind.COMPLETE && !has(ChunkSidecar.SUSPECT)) {
                trust();
            }
            return usable;
        } catch (NoSuchFileException e) {
            closeFiles();
            return false;
        } catch (IOException | RuntimeException e) {
            closeFiles();
            throw e;
        }
    }

    private boolean openTable(Path path, CacheDirectory directory) throws IOException {
        ChunkSidecar opened = ChunkSidecar.open(path);
        table = opened;
        Optional<ChunkSidecar.Header> header = opened.header();
        if (header.isEmpty()
                || !header.get().version().equals(version)
                || header.get().length() != length) {
            return false;
        }
        if (header.get().epoch() != directory.epoch()
                || !header.get().boot().equals(directory.boot())) {
            opened.distrust(newHeader(directory));
        }
        states = opened.states(BlockLayout.chunks(length));
        return true;
    }

    private boolean openAttribute(Path path, CacheDirectory directory) throws IOException {
        if (BlockLayout.chunks(length) != 1) {
            return false;
        }
        ChecksumAttribute.Opened opened = ChecksumAttribute.open(path, version, directory.epoch());
        if (opened == null) {
            return false;
        }
        table = opened.table();
        states = new AtomicIntegerArray(new int[] {opened.state()});
        return true;
    }

    private ChunkSidecar.Header newHeader(CacheDirectory directory) {
        return new ChunkSidecar.Header(version, length, directory.boot(), directory.epoch(), false);
    }

    private void trust() {
        verified = true;
        states = null;
        CacheReaders.closeQuietly(table);
        table = null;
    }

    private boolean has(int state) {
        AtomicIntegerArray all = states;
        for (int chunk = 0; all != null && chunk < all.length(); chunk++) {
            if (all.get(chunk) == state) {
                return true;
            }
        }
        return false;
    }

    /** Closes channels and mapping; nobody holds a reference. */
    void closeFiles() {
        open = false;
        mapping = null;
        if (arena != null) {
            arena.close();
            arena = null;
        }
        CacheReaders.closeQuietly(data);
        data = null;
        CacheReaders.closeQuietly(table);
        table = null;
        states = null;
        checked = null;
    }

    /** Makes the names of an incomplete file, unless they are there or the entry is dropped. */
    void makePart(CacheDirectory directory) throws IOException {
        files.lock();
        try {
            if (data != null || dropped) {
                return;
            }
            CacheLayout layout = directory.layout();
            Path part = layout.part(version);
            try {
                data = PartFile.create(part, length);
                table =
                        BlockLayout.chunks(length) == 1 && directory.keepsAttributes()
                                ? new ChecksumAttribute(part, version, directory.epoch())
                                : ChunkSidecar.create(layout.chunks(version), newHeader(directory));
                kind = Kind.PARTIAL;
            } catch (IOException e) {
                CacheReaders.closeQuietly(data);
                data = null;
                layout.delete(version);
                throw e;
            }
        } finally {
            files.unlock();
        }
    }

    /** Makes the empty file complete. */
    void makeEmpty(CacheLayout layout) throws IOException {
        Path complete = layout.complete(version);
        Files.createDirectories(complete.getParent());
        Files.write(complete, new byte[0]);
        kind = Kind.COMPLETE;
        states = null;
    }

    /** The state of one chunk: of {@link ChunkSidecar}, or {@link #WRITING}. */
    int state(int chunk) {
        AtomicIntegerArray all = states;
        return all == null ? ChunkSidecar.PRESENT : all.get(chunk);
    }

    boolean change(int chunk, int from, int to) {
        AtomicIntegerArray all = states;
        return all != null && all.compareAndSet(chunk, from, to);
    }

    boolean isFull() {
        AtomicIntegerArray all = states;
        for (int chunk = 0; all != null && chunk < all.length(); chunk++) {
            if (all.get(chunk) != ChunkSidecar.PRESENT) {
                return false;
            }
        }
        return true;
    }

    /** Writes one chunk, and then that it is there. */
    void write(int chunk, ByteBuffer bytes, SyncPolicy sync) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        ByteBuffer source = bytes.duplicate();
        FileChannel channel = openData();
        long at = BlockLayout.chunkRange(chunk, length).offset();
        while (source.hasRemaining()) {
            at += channel.write(source, at);
        }
        if (sync == SyncPolicy.ALWAYS) {
            channel.force(false);
        }
        table().setPresent(chunk, (int) crc.getValue());
        if (sync == SyncPolicy.ALWAYS) {
            table().force();
        }
    }

    /** Notes that a suspected chunk was found right. */
    void confirm(int chunk) throws IOException {
        table().setPresent(chunk, table().crc(chunk));
    }

    /** Marks a chunk of a complete file as missing: who has the file open fetches it elsewhere. */
    void spoil(int chunk) {
        files.lock();
        try {
            AtomicIntegerArray all = states;
            if (all == null) {
                int[] present = new int[BlockLayout.chunks(length)];
                Arrays.fill(present, ChunkSidecar.PRESENT);
                all = new AtomicIntegerArray(present);
                states = all;
            }
            all.set(chunk, ChunkSidecar.MISSING);
        } finally {
            files.unlock();
        }
    }

    /** When the file on disk was last written. */
    FileTime modified() throws IOException {
        CacheLayout layout = tier().layout();
        return Files.getLastModifiedTime(
                kind == Kind.COMPLETE ? layout.complete(version) : layout.part(version));
    }

    /** Opens the checksums of a complete file: once it is believed, they are not kept open. */
    void openChecksums() throws IOException {
        files.lock();
        try {
            if (table == null && kind == Kind.COMPLETE) {
                table = Checksums.open(tier().directory(), version, length);
            }
        } finally {
            files.unlock();
        }
    }

    int checksum(int chunk) throws IOException {
        return table().crc(chunk);
    }

    /** Notes that a chunk is not there. */
    void forget(int chunk) throws IOException {
        table().setMissing(chunk);
    }

    void force() throws IOException {
        openData().force(false);
        if (BlockLayout.chunks(length) > 1) {
            table().force();
        }
    }

    /** Gives the full file its final name. */
    void seal(CacheLayout layout) throws IOException {
        Files.move(layout.part(version), layout.complete(version), StandardCopyOption.ATOMIC_MOVE);
        if (table().isFile()) {
            Files.move(layout.chunks(version), layout.crc(version), StandardCopyOption.ATOMIC_MOVE);
        }
        verified = true;
        kind = Kind.COMPLETE;
    }

    void read(ByteBuffer target, long offset) throws IOException {
        if (!target.hasRemaining()) {
            return;
        }
        CacheReaders.readFully(openData(), target, offset);
    }

    /** A view of bytes in the page cache, valid while a reference is held. */
    ByteBuffer slice(long offset, int bytes) throws IOException {
        MemorySegment whole = mapping;
        if (whole == null) {
            files.lock();
            try {
                whole = mapping;
                if (whole == null) {
                    Arena shared = Arena.ofShared();
                    whole = openData().map(FileChannel.MapMode.READ_ONLY, 0, length, shared);
                    arena = shared;
                    mapping = whole;
                }
            } finally {
                files.unlock();
            }
        }
        return whole.asSlice(offset, bytes).asByteBuffer();
    }

    /** Unlinks all names; the table first says so to readers that are just opening them. */
    void unlink(CacheLayout layout) throws IOException {
        ChunkTable kept = table;
        if (kind == Kind.PARTIAL) {
            if (kept != null) {
                kept.setDropped();
            } else if (Files.exists(layout.chunks(version))) {
                try (ChunkSidecar opened = ChunkSidecar.open(layout.chunks(version))) {
                    opened.setDropped();
                }
            }
        }
        layout.delete(version);
    }

    private FileChannel openData() throws IOException {
        FileChannel channel = data;
        if (channel == null) {
            throw new IOException("cache file " + version + " has no bytes on disk");
        }
        return channel;
    }

    private ChunkTable table() throws IOException {
        ChunkTable kept = table;
        if (kept == null) {
            throw new IOException("cache file " + version + " has no chunk table");
        }
        return kept;
    }
}
