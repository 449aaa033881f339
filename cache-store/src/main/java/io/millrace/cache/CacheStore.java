package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The cache directory of one worker, which alone writes it.
 *
 * <p>A file is named by the version of the object it came from and never changes once complete; it
 * is only ever unlinked. Until then chunks may come in any order, and each can be read as soon as
 * it is in. The budget is hard: bytes are reserved before they are written, room is made by
 * dropping whole files that nobody uses, and what has no room is refused, which is not a failure.
 *
 * <p>Opening is quick: a background walk counts what is there, and a file asked for before the walk
 * reaches it is found by its name. (Until the walk has ended, what it has not seen is not in the
 * budget; then the cache is trimmed.) Locks: {@link CacheIndex} has one of its own for who uses
 * what; {@link CacheSpace} lets one thread at a time make room; each entry has one for its names.
 * Threads that call must not be interrupted meanwhile: Java closes a file under them.
 */
public final class CacheStore implements AutoCloseable {

    private static final Logger LOG = System.getLogger(CacheStore.class.getName());

    private final CacheDirectory directory;
    private final CacheSettings settings;
    private final CacheIndex index;
    private final CacheDropper dropper;
    private final CacheSpace space;
    private final CacheSealer sealer;
    private final Thread recovery;
    private final LongAdder refusedBytes = new LongAdder();
    private final LongAdder writeFailures = new LongAdder();
    private final LongAdder corruptChunks = new LongAdder();
    private final LongAdder writesUnderWay = new LongAdder();
    private volatile boolean closed;

    private CacheStore(CacheDirectory directory, CacheSettings settings, EvictionPolicy policy) {
        this.directory = directory;
        this.settings = settings;
        this.index = new CacheIndex(policy, settings.capacity().bytes(), settings.openFiles());
        this.dropper = new CacheDropper(directory.layout(), index, this::release);
        this.space = new CacheSpace(index, settings, dropper::evict);
        this.sealer = new CacheSealer(index, directory.layout(), settings.sync(), this::release);
        this.recovery =
                Thread.ofPlatform().daemon().name("cache-recovery").unstarted(this::recover);
    }

    /**
     * Takes a cache directory with least-recently-used eviction.
     *
     * @throws MillraceException CONFLICT when a process has it, IO_ERROR or PERMISSION_DENIED when
     *     it cannot be written
     */
    public static CacheStore open(CacheSettings settings) {
        return open(settings, EvictionPolicy.lru());
    }

    /** As {@link #open(CacheSettings)}, with another policy. */
    public static CacheStore open(CacheSettings settings, EvictionPolicy policy) {
        CacheDirectory directory = CacheDirectory.take(settings.directory(), settings.sync());
        CacheStore store = new CacheStore(directory, settings, policy);
        store.space.sampleDisk();
        store.recovery.start();
        return store;
    }

    /** The name kept in the directory: {@code wanted}, or the one there, or a new one. */
    public WorkerId workerId(Optional<WorkerId> wanted) {
        return directory.workerId(wanted);
    }

    /** The directory, absolute. */
    public Path path() {
        return settings.directory();
    }

    /**
     * Opens a file, resident or not, for reading what is there and putting what is not.
     *
     * @throws MillraceException IO_ERROR when the disk fails
     */
    public CachedFile open(FileVersion version, long length) {
        CachedFile file = open(version, length, true);
        if (file == null) {
            throw new IllegalStateException("a file that may be new was not opened");
        }
        return file;
    }

    /** Opens a file of which something is resident. */
    public Optional<CachedFile> openResident(FileVersion version, long length) {
        return Optional.ofNullable(open(version, length, false));
    }

    private @Nullable CachedFile open(FileVersion version, long length, boolean orNew) {
        for (; ; ) {
            CacheEntry entry = index.reference(version, orNew);
            if (entry == null) {
                return null;
            }
            boolean opened = false;
            entry.files.lock();
            try {
                if (entry.dropped) {
                    continue;
                }
                find(entry);
                if (entry.kind == CacheEntry.Kind.ABSENT) {
                    if (!orNew) {
                        return null;
                    }
                    entry.length = length;
                }
                if (entry.length == length && (entry.isOpen() || entry.open(directory))) {
                    opened = true;
                    return new CachedFile(this, entry, length);
                }
                LOG.log(Level.WARNING, "cache file={0} is not as it must be: dropped", version);
                dropper.drop(entry, CacheIndex.Users.ANY);
            } catch (IOException e) {
                throw failure("cache file " + version + " cannot be opened", e);
            } finally {
                entry.files.unlock();
                if (!opened) {
                    release(entry);
                }
            }
        }
    }

    /** Looks for an entry on disk, once; its files lock is held. */
    private void find(CacheEntry entry) throws IOException {
        if (entry.kind == CacheEntry.Kind.UNKNOWN && index.knowsAll()) {
            entry.kind = CacheEntry.Kind.ABSENT;
        } else if (entry.kind == CacheEntry.Kind.UNKNOWN) {
            long resident = entry.examine(directory.layout());
            if (entry.kind != CacheEntry.Kind.ABSENT) {
                index.restore(entry, resident);
            }
        }
    }

    void release(CacheEntry entry) {
        try {
            if (entry.kind == CacheEntry.Kind.PARTIAL && index.residentBytes(entry) == 0) {
                dropper.drop(entry, CacheIndex.Users.CALLER);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cache file={0} cannot be unlinked: {1}", entry.version, e);
        }
        switch (index.release(entry)) {
            case CacheIndex.Released.Nothing() -> {}
            case CacheIndex.Released.Close(CacheEntry unused) -> {
                unused.files.lock();
                try {
                    if (index.isUnused(unused)) {
                        unused.closeFiles();
                    }
                } finally {
                    unused.files.unlock();
                }
            }
        }
    }

    long residentBytes(CacheEntry entry) {
        return index.residentBytes(entry);
    }

    /** How many bytes of a file are resident; 0 also when the disk cannot tell. */
    public long residentBytes(FileVersion version) {
        CacheEntry entry = index.reference(version, false);
        if (entry == null) {
            return 0;
        }
        try {
            entry.files.lock();
            try {
                find(entry);
            } finally {
                entry.files.unlock();
            }
            return index.residentBytes(entry);
        } catch (IOException e) {
            return 0;
        } finally {
            release(entry);
        }
    }

    /**
     * Unlinks a file. Who has it open reads on; its bytes stay in the budget until then.
     *
     * @return the bytes that were resident; empty: the file was not
     */
    public OptionalLong drop(FileVersion version) {
        CacheEntry entry = index.reference(version, false);
        if (entry == null) {
            return OptionalLong.empty();
        }
        entry.files.lock();
        try {
            find(entry);
            if (entry.kind == CacheEntry.Kind.ABSENT) {
                return OptionalLong.empty();
            }
            long resident = index.residentBytes(entry);
            return dropper.drop(entry, CacheIndex.Users.ANY)
                    ? OptionalLong.of(resident)
                    : OptionalLong.empty();
        } catch (IOException e) {
            throw failure("cache file " + version + " cannot be unlinked", e);
        } finally {
            entry.files.unlock();
            release(entry);
        }
    }

    CachedFile.Put put(CacheEntry entry, int chunk, ByteBuffer bytes) {
        if (entry.state(chunk) == ChunkSidecar.PRESENT) {
            return CachedFile.Put.STORED;
        }
        if (entry.dropped || !entry.change(chunk, ChunkSidecar.MISSING, CacheEntry.WRITING)) {
            return CachedFile.Put.REFUSED;
        }
        writesUnderWay.increment();
        try {
            boolean stored = false;
            try {
                stored = !closed && write(entry, chunk, bytes);
            } finally {
                entry.change(
                        chunk,
                        CacheEntry.WRITING,
                        stored ? ChunkSidecar.PRESENT : ChunkSidecar.MISSING);
            }
            if (stored && entry.isFull()) {
                sealer.seal(entry);
            }
            return stored ? CachedFile.Put.STORED : CachedFile.Put.REFUSED;
        } finally {
            writesUnderWay.decrement();
        }
    }

    /** A disk that says it is full is believed once: room is made, and the write tried again. */
    private boolean write(CacheEntry entry, int chunk, ByteBuffer bytes) {
        int size = bytes.remaining();
        for (int attempt = 0; attempt < 2 && space.reserve(size); attempt++) {
            try {
                entry.makePart(directory);
                entry.write(chunk, bytes, settings.sync());
                index.stored(entry, size);
                return true;
            } catch (IOException e) {
                index.unreserve(size);
                if (!isDiskFull(e)) {
                    writeFailures.increment();
                    LOG.log(
                            Level.WARNING,
                            "cache file={0} chunk={1} not written: {2}",
                            entry.version,
                            chunk,
                            e.getMessage());
                    return false;
                }
                space.diskIsFull();
            }
        }
        refusedBytes.add(size);
        return false;
    }

    CachedFile.Put putEmpty(CacheEntry entry) {
        entry.files.lock();
        try {
            if (closed || entry.dropped) {
                return CachedFile.Put.REFUSED;
            }
            if (entry.kind != CacheEntry.Kind.COMPLETE) {
                entry.makeEmpty(directory.layout());
                index.stored(entry, 0);
            }
            return CachedFile.Put.STORED;
        } catch (IOException e) {
            writeFailures.increment();
            return CachedFile.Put.REFUSED;
        } finally {
            entry.files.unlock();
        }
    }

    int checksum(CacheEntry entry, int chunk) throws IOException {
        entry.openChecksums(directory);
        return entry.checksum(chunk);
    }

    /** Verifies what is believed already. */
    boolean recheck(CacheEntry entry, int chunk) {
        if (entry.state(chunk) != ChunkSidecar.PRESENT) {
            return entry.state(chunk) == ChunkSidecar.SUSPECT && verify(entry, chunk);
        }
        try {
            entry.openChecksums(directory);
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "cache file={0} has no checksums: {1}",
                    entry.version,
                    e.getMessage());
        }
        return verify(entry, chunk);
    }

    /** A file the disk cannot read is dropped like one with a wrong checksum. */
    boolean verify(CacheEntry entry, int chunk) {
        try {
            if (entry.verify(chunk)) {
                entry.change(chunk, ChunkSidecar.SUSPECT, ChunkSidecar.PRESENT);
                if (entry.kind == CacheEntry.Kind.PARTIAL && entry.isFull()) {
                    sealer.seal(entry);
                }
                return true;
            }
            LOG.log(
                    Level.WARNING,
                    "cache file={0} chunk={1} has a wrong checksum: dropped",
                    entry.version,
                    chunk);
            if (entry.kind != CacheEntry.Kind.COMPLETE) {
                entry.forget(chunk);
                if (entry.change(chunk, ChunkSidecar.SUSPECT, ChunkSidecar.MISSING)
                        || entry.change(chunk, ChunkSidecar.PRESENT, ChunkSidecar.MISSING)) {
                    corruptChunks.increment();
                    index.lost(entry, BlockLayout.chunkRange(chunk, entry.length).length());
                }
                return false;
            }
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "cache file={0} chunk={1} cannot be verified: {2}: dropped",
                    entry.version,
                    chunk,
                    e.getMessage());
        }
        try {
            if (dropper.drop(entry, CacheIndex.Users.ANY)) {
                corruptChunks.increment();
            }
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "cache file={0} cannot be unlinked: {1}",
                    entry.version,
                    e.getMessage());
        }
        return false;
    }

    private void recover() {
        try {
            for (Path other : directory.foreign(false)) {
                LOG.log(Level.WARNING, "cache directory {0} has another layout: left alone", other);
            }
            new CacheWalk(directory.layout(), () -> closed).run(this::restore);
            if (!closed) {
                index.recovered();
                space.trim();
            }
            for (Path lost : directory.foreign(true)) {
                CacheWalk.deleteTree(lost, () -> closed);
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, "cache recovery of " + settings.directory() + " ended", e);
        }
    }

    private void restore(FileVersion version) {
        CacheEntry entry = index.reference(version, true);
        if (entry == null) {
            return;
        }
        boolean full = false;
        entry.files.lock();
        try {
            find(entry);
            full =
                    entry.kind == CacheEntry.Kind.PARTIAL
                            && index.residentBytes(entry) == entry.length
                            && (entry.isOpen() || entry.open(directory))
                            && entry.isFull();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cache file={0} not read: {1}", version, e.getMessage());
        } finally {
            entry.files.unlock();
            if (full) {
                sealer.seal(entry);
            }
            release(entry);
        }
    }

    /** What the directory holds and has done. */
    public CacheUsage usage() {
        return index.usage(
                refusedBytes.sum(), writeFailures.sum() + sealer.failures(), corruptChunks.sum());
    }

    /**
     * Takes no more chunks, completes the files that are full, and gives the directory up. Files in
     * use stay readable until the process ends. Takes at most about 5 s.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        dropper.end();
        boolean still = true;
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
            still = sealer.finish(4_000);
            recovery.join(1_000);
            while (writesUnderWay.sum() > 0 && System.nanoTime() < deadline) {
                Thread.sleep(5);
            }
            still &= writesUnderWay.sum() == 0 && !recovery.isAlive();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            still = false;
        }
        closeUnused();
        if (still) {
            try {
                directory.markClean();
            } catch (IOException e) {
                LOG.log(Level.WARNING, "the clean stop is not noted: {0}", e.getMessage());
            }
        }
        directory.close();
    }

    /** Ends as a killed process would: nothing is finished or noted. For tests. */
    void abandon() {
        closed = true;
        dropper.end();
        try {
            sealer.abandon(4_000);
            recovery.join(4_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeUnused();
        directory.close();
    }

    private void closeUnused() {
        for (CacheEntry entry : index.all()) {
            entry.files.lock();
            try {
                if (index.isUnused(entry)) {
                    entry.closeFiles();
                }
            } finally {
                entry.files.unlock();
            }
        }
    }

    private static boolean isDiskFull(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left on device")
                || message.contains("Disk quota exceeded");
    }

    private static MillraceException failure(String what, IOException e) {
        return new MillraceException(
                isDiskFull(e) ? ErrorCode.NO_SPACE : ErrorCode.IO_ERROR,
                what + ": " + e.getMessage(),
                e);
    }
}
