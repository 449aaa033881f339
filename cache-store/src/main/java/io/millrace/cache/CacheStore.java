package io.millrace.cache;

import io.millrace.cache.eviction.CacheClass;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The cache directories of one worker, which alone writes them.
 *
 * <p>A file is named by the version of the object it came from and never changes once complete; it
 * is only ever unlinked. Until then chunks may come in any order, and each can be read as soon as
 * it is in. Each directory's budget is hard: bytes are reserved before they are written, room is
 * made by taking whole files out that nobody uses, and what has no room is refused, which is not a
 * failure. A file lies in one directory; the first directory is the fastest ({@link CacheMover}
 * moves files between them). A directory whose disk fails is retired, and the others go on.
 *
 * <p>Opening is quick: a background walk counts what is there, and a file asked for before the walk
 * reaches it is found by its name. (Until the walk has ended, what it has not seen is not in the
 * budget; then the cache is trimmed.) Locks: {@link CacheIndex} has one of its own for who uses
 * what; {@link CacheSpace} lets one thread at a time make room in a directory; each entry has one
 * for its names. Threads that call must not be interrupted meanwhile: Java closes a file under
 * them.
 */
public final class CacheStore implements AutoCloseable {

    private static final Logger LOG = System.getLogger(CacheStore.class.getName());

    private final List<CacheTier> tiers;
    private final CacheSettings settings;
    private final CacheIndex index;
    private final CacheDropper dropper;
    private final List<CacheSpace> spaces = new ArrayList<>();
    private final CacheMover mover;
    private final CacheRetirement retirement;
    private final CacheSealer sealer;
    private final ExecutorService recovery;
    private final CacheRecovery walks;
    private final CacheChunks chunks;
    private final CacheVerifier verifier;
    private final List<CacheScrubber> scrubbers;
    private volatile boolean closed;

    private CacheStore(
            List<CacheTier> tiers, CacheSettings settings, CacheSurroundings surroundings) {
        this.tiers = List.copyOf(tiers);
        this.settings = settings;
        this.index = new CacheIndex(this.tiers, settings.eviction(), settings.openFiles());
        this.dropper = new CacheDropper(index, this::release);
        // Two: what lay on a disk that fails is forgotten while others are walked.
        this.recovery = surroundings.pool("cache-recovery", 2, Integer.MAX_VALUE);
        this.retirement = new CacheRetirement(this.tiers, index, dropper, recovery);
        this.mover =
                new CacheMover(
                        index,
                        this.tiers,
                        spaces,
                        dropper,
                        settings.sync(),
                        this::release,
                        () -> closed,
                        surroundings);
        this.tiers.forEach(tier ->
                spaces.add(new CacheSpace(index, tier, mover::clear, surroundings::nanoTime)));
        this.sealer =
                new CacheSealer(
                        this.tiers,
                        index,
                        settings.sync(),
                        this::release,
                        this::diskFailed,
                        surroundings);
        ChunkChecks checks = new ChunkChecks();
        this.chunks =
                new CacheChunks(
                        index,
                        spaces,
                        dropper,
                        sealer,
                        settings.sync(),
                        this::diskFailed,
                        () -> closed,
                        checks,
                        surroundings);
        this.verifier =
                new CacheVerifier(
                        index, dropper, checks, this::find, this::release, this::diskFailed);
        this.scrubbers =
                this.tiers.stream()
                        .map(tier ->
                                new CacheScrubber(
                                        tier, verifier, () -> closed, InstantSource.system()))
                        .toList();
        this.walks = new CacheRecovery(this.tiers, () -> closed);
    }

    /**
     * Takes the cache directories.
     *
     * @throws MillraceException CONFLICT when a process has one, IO_ERROR or PERMISSION_DENIED when
     *     one cannot be written
     */
    public static CacheStore open(CacheSettings settings) {
        return open(settings, CacheSurroundings.PROCESS);
    }

    /** As {@link #open(CacheSettings)}, in other surroundings than this process. */
    public static CacheStore open(CacheSettings settings, CacheSurroundings surroundings) {
        CacheStore store = new CacheStore(CacheTier.takeAll(settings), settings, surroundings);
        store.spaces.forEach(CacheSpace::sampleDisk);
        store.recovery.execute(() -> store.walks.run(store::restore, store::recovered));
        return store;
    }

    /**
     * The name kept in the first directory: {@code wanted}, or the one there, or a new one. The
     * other directories keep it too.
     */
    public WorkerId workerId(Optional<WorkerId> wanted) {
        WorkerId id = tiers.getFirst().directory().workerId(wanted);
        tiers.subList(1, tiers.size()).forEach(tier -> tier.directory().workerId(Optional.of(id)));
        return id;
    }

    /** The directories in use, absolute, the fastest first. */
    public List<Path> paths() {
        return retirement.paths();
    }

    /**
     * Opens a file, resident or not, for reading what is there and putting what is not.
     *
     * @throws MillraceException IO_ERROR when the disk fails
     */
    public CachedFile open(FileVersion version, long length) {
        return orFail(open(version, length, true, null));
    }

    /** As {@link #open(FileVersion, long)}, and tells the cache what to think of the file. */
    public CachedFile open(FileVersion version, long length, CacheClass as) {
        return orFail(open(version, length, true, as));
    }

    private static CachedFile orFail(@Nullable CachedFile file) {
        if (file == null) {
            throw new IllegalStateException("a file that may be new was not opened");
        }
        return file;
    }

    /** Opens a file of which something is resident. */
    public Optional<CachedFile> openResident(FileVersion version, long length) {
        return Optional.ofNullable(open(version, length, false, null));
    }

    private @Nullable CachedFile open(
            FileVersion version, long length, boolean orNew, @Nullable CacheClass as) {
        for (; ; ) {
            CacheEntry entry = index.reference(version, orNew, as);
            if (entry == null) {
                return null;
            }
            boolean opened = false;
            entry.files.lock();
            try {
                find(entry);
                if (entry.dropped) {
                    continue;
                }
                if (entry.kind == CacheEntry.Kind.ABSENT) {
                    if (!orNew) {
                        return null;
                    }
                    place(entry, length);
                }
                if (entry.length == length
                        && (entry.isOpen() || entry.open(entry.tier().directory()))) {
                    opened = true;
                    index.touch(entry);
                    mover.promoteSoon(entry);
                    return new CachedFile(this, entry, length);
                }
                LOG.log(Level.WARNING, "cache file={0} is not as it must be: dropped", version);
                dropper.drop(entry, CacheIndex.Users.ANY);
            } catch (IOException e) {
                if (!entry.isPlaced() || !diskFailed(entry.tier(), e)) {
                    throw DiskErrors.failure("cache file " + version + " cannot be opened", e);
                }
            } finally {
                entry.files.unlock();
                if (!opened) {
                    release(entry);
                }
            }
        }
    }

    /** Chooses where a new file is to lie, once. */
    private void place(CacheEntry entry, long length) {
        entry.length = length;
        if (!entry.isPlaced() || entry.tier().isRetired()) {
            entry.moveTo(placeFor(entry.cacheClass, length));
        }
    }

    /**
     * The first directory that has room; else the last where it may displace others, so that it
     * waits for no copy: files that are read again go up by themselves.
     */
    private CacheTier placeFor(CacheClass as, long length) {
        List<CacheTier> live = tiers.stream().filter(tier -> !tier.isRetired()).toList();
        CacheTier chosen = live.isEmpty() ? tiers.getFirst() : live.getFirst();
        for (CacheTier tier : live) {
            if (length <= tier.settings().capacity().bytes()) {
                if (index.hasRoom(tier, length)) {
                    return tier;
                }
                if (index.mayDisplace(tier, as)) {
                    chosen = tier;
                }
            }
        }
        return chosen;
    }

    /**
     * Looks for an entry on disk, once; its files lock is held. What lay on a disk that has failed
     * is dropped.
     */
    private void find(CacheEntry entry) throws IOException {
        if (entry.isPlaced() && entry.tier().isRetired() && entry.kind != CacheEntry.Kind.ABSENT) {
            dropper.forget(entry);
        } else if (entry.kind == CacheEntry.Kind.UNKNOWN && entry.isPlaced()) {
            index.restore(entry, entry.examine(entry.tier().layout()));
        } else if (entry.kind == CacheEntry.Kind.UNKNOWN && index.knowsAll()) {
            entry.kind = CacheEntry.Kind.ABSENT;
        } else if (entry.kind == CacheEntry.Kind.UNKNOWN) {
            for (CacheTier tier : tiers) {
                long resident = tier.isRetired() ? 0 : entry.examine(tier.layout());
                if (!tier.isRetired() && entry.kind != CacheEntry.Kind.ABSENT) {
                    entry.moveTo(tier);
                    index.restore(entry, resident);
                    return;
                }
            }
            entry.kind = CacheEntry.Kind.ABSENT;
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
            case Released.Nothing() -> {}
            case Released.Close(CacheEntry unused) -> {
                unused.files.lock();
                try {
                    if (index.isUnused(unused)) {
                        unused.closeFiles();
                        index.fold(unused);
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
        CacheEntry entry = index.reference(version, false, null);
        if (entry == null) {
            return 0;
        }
        try {
            entry.files.lock();
            try {
                find(entry);
                return entry.dropped ? 0 : index.residentBytes(entry);
            } finally {
                entry.files.unlock();
            }
        } catch (IOException e) {
            return 0;
        } finally {
            release(entry);
        }
    }

    /** Takes over what to think of a file; one that is not resident is passed by. */
    public void classify(FileVersion version, CacheClass as) {
        index.classify(version, as);
    }

    /**
     * Unlinks a file. Who has it open reads on; its bytes stay in the budget until then.
     *
     * @return the bytes that were resident; empty: the file was not
     */
    public OptionalLong drop(FileVersion version) {
        CacheEntry entry = index.reference(version, false, null);
        if (entry == null) {
            return OptionalLong.empty();
        }
        entry.files.lock();
        try {
            find(entry);
            if (entry.dropped || entry.kind == CacheEntry.Kind.ABSENT) {
                return OptionalLong.empty();
            }
            long resident = index.residentBytes(entry);
            return dropper.drop(entry, CacheIndex.Users.ANY)
                    ? OptionalLong.of(resident)
                    : OptionalLong.empty();
        } catch (IOException e) {
            throw DiskErrors.failure("cache file " + version + " cannot be unlinked", e);
        } finally {
            entry.files.unlock();
            release(entry);
        }
    }

    CacheChunks chunks() {
        return chunks;
    }

    /** Bytes of a file could not be read. */
    void readFailed(CacheEntry entry, IOException e) {
        diskFailed(entry.tier(), e);
    }

    private boolean diskFailed(CacheTier tier, IOException e) {
        return retirement.retireIfBroken(tier, e);
    }

    private void recovered() {
        index.recovered();
        spaces.forEach(CacheSpace::trim);
        scrubbers.forEach(scrubber -> scrubber.start(settings.scrubRate()));
    }

    /**
     * Reads what is resident of a file from the disk, and drops the file if a byte of it is wrong.
     */
    public Verification verify(FileVersion version) {
        return verifier.verify(version);
    }

    /** A complete file that nobody has asked for costs one stat and no entry. */
    private void restore(CacheTier tier, CacheWalk.Found found) {
        long removals = index.removals();
        long length =
                found.onlyComplete()
                        ? tier.layout().complete(found.version()).toFile().length()
                        : 0;
        if (length == 0 || !index.restoreComplete(found.version(), tier, length, removals)) {
            examine(tier, found.version());
        }
    }

    private void examine(CacheTier tier, FileVersion version) {
        CacheEntry entry = index.reference(version, true, null);
        if (entry == null) {
            return;
        }
        boolean full = false;
        entry.files.lock();
        try {
            find(entry);
            if (entry.kind != CacheEntry.Kind.ABSENT && entry.tier() != tier) {
                LOG.log(
                        Level.INFO,
                        "cache file={0} lies in {1} too: dropped in {2}",
                        version,
                        entry.tier().path(),
                        tier.path());
                tier.layout().delete(version);
            }
            full =
                    entry.kind == CacheEntry.Kind.PARTIAL
                            && index.residentBytes(entry) == entry.length
                            && (entry.isOpen() || entry.open(entry.tier().directory()))
                            && entry.isFull();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cache file={0} not read: {1}", version, e.getMessage());
            diskFailed(tier, e);
        } finally {
            entry.files.unlock();
            if (full) {
                sealer.seal(entry);
            }
            release(entry);
        }
    }

    /** What the cache holds and has done. */
    public CacheUsage usage() {
        return new CacheUsage(
                index.usage(),
                chunks.refusedBytes(),
                chunks.writeFailures() + sealer.failures(),
                chunks.corruptChunks() + mover.corruptChunks() + verifier.corruptFiles(),
                scrubbers.stream().mapToLong(CacheScrubber::bytes).sum(),
                scrubbers.stream().mapToLong(CacheScrubber::passMillis).max().orElse(0),
                mover.promotedBytes(),
                mover.demotedBytes(),
                index.isRecovered());
    }

    /**
     * Takes no more chunks, completes the files that are full, and gives the directories up. Files
     * in use stay readable until the process ends. Takes at most about 5 s.
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
            still = sealer.finish(4_000) & mover.end(1_000);
            recovery.shutdown();
            still &= recovery.awaitTermination(1_000, TimeUnit.MILLISECONDS);
            while (!chunks.areWritten() && System.nanoTime() < deadline) {
                Thread.sleep(5);
            }
            still &= chunks.areWritten();
            for (CacheScrubber scrubber : scrubbers) {
                var _ = scrubber.awaitEnd();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            still = false;
        }
        closeUnused();
        if (still) {
            tiers.forEach(CacheTier::markClean);
        }
        tiers.forEach(tier -> tier.directory().close());
    }

    /** Those of the directories, in order. For tests. */
    List<CacheScrubber> scrubbers() {
        return scrubbers;
    }

    /** Ends as a killed process would: nothing is finished or noted. For tests. */
    public void abandon() {
        closed = true;
        dropper.end();
        try {
            sealer.abandon(4_000);
            mover.end(4_000);
            recovery.shutdown();
            var _ = recovery.awaitTermination(4_000, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeUnused();
        tiers.forEach(tier -> tier.directory().close());
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
}
