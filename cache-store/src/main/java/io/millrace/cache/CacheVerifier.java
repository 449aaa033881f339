package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Verifies whole files on demand. What is wrong is dropped before anybody can read it again. */
final class CacheVerifier {

    private static final Logger LOG = System.getLogger(CacheVerifier.class.getName());

    /** For the scrubber of each of a few disks, and a job. */
    private static final int BUFFERS = 4;

    /** Looks for a file on disk; the caller holds its {@link CacheEntry#files}. */
    interface Finder {
        void find(CacheEntry entry) throws IOException;
    }

    private final CacheIndex index;
    private final CacheDropper dropper;
    private final ChunkChecks checks;
    private final ChunkBuffers buffers = new ChunkBuffers(BUFFERS);
    private final Finder finder;
    private final Consumer<CacheEntry> release;
    private final BiConsumer<CacheTier, IOException> diskFailed;
    private final LongAdder corruptFiles = new LongAdder();

    /**
     * @param release gives a reference of an entry back
     * @param diskFailed is told when a directory's disk may have failed
     */
    CacheVerifier(
            CacheIndex index,
            CacheDropper dropper,
            ChunkChecks checks,
            Finder finder,
            Consumer<CacheEntry> release,
            BiConsumer<CacheTier, IOException> diskFailed) {
        this.index = index;
        this.dropper = dropper;
        this.checks = checks;
        this.finder = finder;
        this.release = release;
        this.diskFailed = diskFailed;
    }

    /** Not an opening: eviction does not learn of it. */
    Verification verify(FileVersion version) {
        CacheEntry entry = index.reference(version, false, null);
        if (entry == null) {
            return new Verification.Absent();
        }
        try {
            return verify(entry);
        } finally {
            release.accept(entry);
        }
    }

    private Verification verify(CacheEntry entry) {
        String reason;
        try {
            if (!isThere(entry)) {
                return new Verification.Absent();
            }
            if (isRight(entry)) {
                return new Verification.Verified(index.residentBytes(entry));
            }
            reason = "it has a wrong checksum, or none";
        } catch (IOException e) {
            if (entry.isPlaced()) {
                diskFailed.accept(entry.tier(), e);
            }
            reason = String.valueOf(e.getMessage());
        }
        long bytes = index.residentBytes(entry);
        if (entry.isPlaced() && !entry.dropped) {
            LOG.log(
                    Level.WARNING,
                    "cache file={0} is dropped after verification: {1}",
                    entry.version,
                    reason);
            corruptFiles.increment();
            drop(entry);
        }
        return new Verification.Dropped(bytes);
    }

    private boolean isThere(CacheEntry entry) throws IOException {
        entry.files.lock();
        try {
            finder.find(entry);
            return !entry.dropped && entry.kind != CacheEntry.Kind.ABSENT;
        } finally {
            entry.files.unlock();
        }
    }

    private boolean isRight(CacheEntry entry) throws IOException {
        if (entry.kind == CacheEntry.Kind.COMPLETE) {
            return Checksums.hold(entry.tier().directory(), entry.version, entry.length, buffers);
        }
        entry.files.lock();
        try {
            if (!entry.isOpen() && !entry.open(entry.tier().directory())) {
                return false;
            }
        } finally {
            entry.files.unlock();
        }
        for (int chunk = 0; chunk < BlockLayout.chunks(entry.length); chunk++) {
            int state = entry.state(chunk);
            boolean there = state == ChunkSidecar.PRESENT || state == ChunkSidecar.SUSPECT;
            if (there && !checks.isRight(entry, chunk)) {
                return false;
            }
        }
        return true;
    }

    private void drop(CacheEntry entry) {
        try {
            dropper.drop(entry, CacheIndex.Users.ANY);
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "cache file={0} cannot be unlinked: {1}",
                    entry.version,
                    e.getMessage());
        }
    }

    long corruptFiles() {
        return corruptFiles.sum();
    }
}
