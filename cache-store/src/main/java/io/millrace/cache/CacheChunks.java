package io.millrace.cache;

import io.millrace.model.BlockLayout;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/** Puts chunks into cache files, and verifies those that may be wrong. */
final class CacheChunks {

    private static final Logger LOG = System.getLogger(CacheChunks.class.getName());

    private final CacheIndex index;
    private final List<CacheSpace> spaces;
    private final CacheDropper dropper;
    private final CacheSealer sealer;
    private final SyncPolicy sync;
    private final BiConsumer<CacheTier, IOException> diskFailed;
    private final BooleanSupplier closed;
    private final ChunkChecks checks;
    private final CacheSurroundings surroundings;
    private final LongAdder refusedBytes = new LongAdder();
    private final LongAdder writeFailures = new LongAdder();
    private final LongAdder corruptChunks = new LongAdder();
    private final LongAdder writesUnderWay = new LongAdder();

    /**
     * @param spaces of the tiers, in their order
     * @param diskFailed is told when a directory's disk fails
     */
    CacheChunks(
            CacheIndex index,
            List<CacheSpace> spaces,
            CacheDropper dropper,
            CacheSealer sealer,
            SyncPolicy sync,
            BiConsumer<CacheTier, IOException> diskFailed,
            BooleanSupplier closed,
            ChunkChecks checks,
            CacheSurroundings surroundings) {
        this.index = index;
        this.spaces = spaces;
        this.dropper = dropper;
        this.sealer = sealer;
        this.sync = sync;
        this.diskFailed = diskFailed;
        this.closed = closed;
        this.checks = checks;
        this.surroundings = surroundings;
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
                stored = !closed.getAsBoolean() && write(entry, chunk, bytes);
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
        CacheTier tier = entry.tier();
        CacheSpace space = spaces.get(tier.number());
        for (int attempt = 0; attempt < 2 && space.reserve(size, entry.cacheClass); attempt++) {
            try {
                surroundings.beforeWrite(tier.path());
                entry.makePart(tier.directory());
                entry.write(chunk, bytes, sync);
                index.stored(entry, size);
                return true;
            } catch (IOException e) {
                index.unreserve(tier, size);
                if (!DiskErrors.isDiskFull(e)) {
                    writeFailures.increment();
                    LOG.log(
                            Level.WARNING,
                            "cache file={0} chunk={1} not written: {2}",
                            entry.version,
                            chunk,
                            e.getMessage());
                    diskFailed.accept(tier, e);
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
            if (closed.getAsBoolean() || entry.dropped) {
                return CachedFile.Put.REFUSED;
            }
            if (entry.kind != CacheEntry.Kind.COMPLETE) {
                entry.makeEmpty(entry.tier().layout());
                index.stored(entry, 0);
            }
            return CachedFile.Put.STORED;
        } catch (IOException e) {
            writeFailures.increment();
            diskFailed.accept(entry.tier(), e);
            return CachedFile.Put.REFUSED;
        } finally {
            entry.files.unlock();
        }
    }

    int checksum(CacheEntry entry, int chunk) throws IOException {
        entry.openChecksums();
        return entry.checksum(chunk);
    }

    /** Verifies what is believed already. */
    boolean recheck(CacheEntry entry, int chunk) {
        return switch (entry.state(chunk)) {
            case ChunkSidecar.PRESENT, ChunkSidecar.SUSPECT -> verify(entry, chunk);
            default -> false;
        };
    }

    /** As {@link #recheck}, unless that was done of late and nobody has written since. */
    boolean checkLately(CacheEntry entry, int chunk) {
        CheckedChunks checked;
        long now = surroundings.nanoTime();
        try {
            FileTime modified = entry.modified();
            checked = entry.checked;
            if (checked == null || !checked.modified().equals(modified)) {
                checked = new CheckedChunks(modified, BlockLayout.chunks(entry.length));
                entry.checked = checked;
            }
        } catch (IOException e) {
            // Its name is gone or about to change: it is checked each time.
            return recheck(entry, chunk);
        }
        if (entry.state(chunk) == ChunkSidecar.PRESENT && checked.isFresh(chunk, now)) {
            return true;
        }
        boolean right = recheck(entry, chunk);
        if (right) {
            checked.note(chunk, now);
        }
        return right;
    }

    /** A file the disk cannot read is dropped like one with a wrong checksum. */
    boolean verify(CacheEntry entry, int chunk) {
        try {
            if (checks.isRight(entry, chunk)) {
                if (entry.state(chunk) == ChunkSidecar.SUSPECT) {
                    entry.confirm(chunk);
                    entry.change(chunk, ChunkSidecar.SUSPECT, ChunkSidecar.PRESENT);
                    if (entry.kind == CacheEntry.Kind.PARTIAL && entry.isFull()) {
                        sealer.seal(entry);
                    }
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
            diskFailed.accept(entry.tier(), e);
        }
        entry.spoil(chunk);
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

    boolean areWritten() {
        return writesUnderWay.sum() == 0;
    }

    long refusedBytes() {
        return refusedBytes.sum();
    }

    long writeFailures() {
        return writeFailures.sum();
    }

    long corruptChunks() {
        return corruptChunks.sum();
    }
}
