package io.millrace.block.fill;

import io.millrace.block.mounts.MountTable;
import io.millrace.block.peers.Peers;
import io.millrace.cache.CacheStore;
import io.millrace.cache.CachedFile;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Reads files through the cache.
 *
 * <p>However many ask for a chunk, one request fetches it; chunks missing in a row come by one
 * request of at most {@link FillSettings#runBytes}, and each goes to its readers as soon as it is
 * in. Each request is conditional on the object's version; when the object has changed, what is
 * cached of the old version in part is dropped and readers get STALE_VERSION. Chunks for which the
 * cache has no room go to the readers who wait for them, and are forgotten. {@link #lock} guards
 * which files are in use.
 */
public final class Filler {

    private static final Logger LOG = System.getLogger(Filler.class.getName());

    private final CacheStore cache;
    private final MountTable mounts;
    private final Peers peers;
    private final Function<FileSource, CacheClass> classes;
    private final Admission admission;
    private final FillSettings settings;
    private final FillMeter meter;
    private final FillThreads threads;
    private final GetPermits permits;
    private final BufferBudget buffers;
    private final ReadAhead readAhead;
    private volatile FileObserver observer = FileObserver.NONE;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<FileVersion, FileFill> fills = new HashMap<>();

    /**
     * @param classes what the cache is told of a file
     * @param admission whether its path may occupy more
     */
    public Filler(
            CacheStore cache,
            MountTable mounts,
            Peers peers,
            Function<FileSource, CacheClass> classes,
            Admission admission,
            FillSettings settings,
            FillMeter meter) {
        this(cache, mounts, peers, classes, admission, settings, meter, FillThreads.VIRTUAL);
    }

    /** As the other, with threads that fetch. */
    public Filler(
            CacheStore cache,
            MountTable mounts,
            Peers peers,
            Function<FileSource, CacheClass> classes,
            Admission admission,
            FillSettings settings,
            FillMeter meter,
            FillThreads threads) {
        this.cache = cache;
        this.mounts = mounts;
        this.peers = peers;
        this.classes = classes;
        this.admission = admission;
        this.settings = settings;
        this.meter = meter;
        this.threads = threads;
        this.permits = new GetPermits(settings.maxGets(), settings.maxLoadGets());
        this.buffers = new BufferBudget(settings.bufferBytes(), settings.timeout());
        this.readAhead = new ReadAhead(settings.readAheadBytes());
    }

    /** Tells {@code observer} of each file from now on. */
    public void observe(FileObserver observer) {
        this.observer = observer;
    }

    /**
     * Begins a read for a user.
     *
     * @param version the hash of {@code source}, which the caller has checked or asks {@link
     *     #checkName} to
     * @param range inside the file
     * @param origin where missing bytes may come from
     * @throws MillraceException NOT_FOUND when not all are cached and may come from nowhere
     */
    public FileRead read(FileVersion version, FileSource source, ByteRange range, Origin origin) {
        if (origin == Origin.CACHE) {
            return readCached(version, source, range);
        }
        observer.read(version, source);
        FileRead read = open(version, source, range, Urgency.READ, origin);
        if (read.isHit()) {
            meter.hit(range.length());
        } else {
            meter.miss(range.length());
        }
        if (!read.isOfCompleteFile()) {
            fetchAhead(version, source, range, origin);
        }
        return read;
    }

    private FileRead readCached(FileVersion version, FileSource source, ByteRange range) {
        FileRead read = open(version, source, range, Urgency.READ, Origin.CACHE);
        if (!read.isHit()) {
            read.close();
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, range + " of " + source.key() + " is not cached here");
        }
        meter.hit(range.length());
        return read;
    }

    /** What loading did to a range. */
    public enum Loaded {
        /** It was resident already. */
        WAS_RESIDENT,
        /** It is now. */
        IS_RESIDENT
    }

    /**
     * Makes a range resident.
     *
     * @throws MillraceException NO_SPACE when the cache has no room for it, and what {@link
     *     FileRead#next} throws
     */
    public Loaded load(FileVersion version, FileSource source, ByteRange range) {
        return load(version, source, range, LoadGate.OPEN);
    }

    /**
     * As the other, as fast as {@code gate} lets it.
     *
     * @throws MillraceException INTERRUPTED when the gate says so; what has come by then is kept
     */
    public Loaded load(FileVersion version, FileSource source, ByteRange range, LoadGate gate) {
        observer.loaded(version, source);
        if (source.length() == 0) {
            return loadEmpty(version, source);
        }
        boolean allCached = true;
        try (FileRead read = open(version, source, range, Urgency.LOAD, Origin.CLUSTER)) {
            if (read.isHit()) {
                return Loaded.WAS_RESIDENT;
            }
            while (read.hasNext()) {
                allCached &= read.pass(gate);
            }
            if (!read.lackedBytes()) {
                return Loaded.WAS_RESIDENT;
            }
        }
        if (!allCached) {
            throw new MillraceException(
                    ErrorCode.NO_SPACE,
                    "the cache has no room for "
                            + source.key()
                            + ": "
                            + admission
                                    .refusal(source)
                                    .orElseGet(() ->
                                            cache.usage().usedBytes()
                                                    + " of "
                                                    + cache.usage().capacityBytes()
                                                    + " bytes are used"
                                                    + " (millrace.worker.capacity)"));
        }
        return Loaded.IS_RESIDENT;
    }

    private Loaded loadEmpty(FileVersion version, FileSource source) {
        try (CachedFile file = cache.open(version, 0, classes.apply(source))) {
            if (file.isResident(ByteRange.whole(0))) {
                return Loaded.WAS_RESIDENT;
            }
            if (file.putEmpty() == CachedFile.Put.REFUSED) {
                throw new MillraceException(
                        ErrorCode.NO_SPACE, "the cache's disk has no room for an empty file");
            }
            return Loaded.IS_RESIDENT;
        }
    }

    /**
     * Checks that {@code version} names {@code source}: else a caller could have other bytes cached
     * under a name.
     *
     * @throws MillraceException INVALID_ARGUMENT
     */
    public static void checkName(FileVersion version, FileSource source) {
        if (!source.fileVersion().equals(version)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "file version "
                            + version
                            + " is not the name of mount "
                            + source.mountId()
                            + ", key "
                            + source.key()
                            + " at the version and length given");
        }
    }

    /** Checks what is cached of a range; what the disk has spoilt is dropped. */
    public void recheck(FileVersion version, FileSource source, ByteRange range) {
        cache.openResident(version, source.length())
                .ifPresent(file -> {
                    try (file) {
                        int last = BlockLayout.chunkAt(range.end() - 1);
                        for (int chunk = BlockLayout.chunkAt(range.offset());
                                chunk <= last && !file.isDropped();
                                chunk++) {
                            var _ = file.recheck(chunk);
                        }
                    }
                });
    }

    /** The file as it is in the cache; empty: nothing of it is. */
    public Optional<CachedFile> resident(FileVersion version, long length) {
        return cache.openResident(version, length);
    }

    FileRead open(
            FileVersion version,
            FileSource source,
            ByteRange range,
            Urgency urgency,
            Origin origin) {
        FileFill fill = reference(version, source);
        return new FileRead(this, fill, range, urgency, origin);
    }

    /** From the range itself on: what is read now and what comes next share their requests. */
    private void fetchAhead(
            FileVersion version, FileSource source, ByteRange range, Origin origin) {
        long reached = readAhead.reached(version, range);
        if (reached <= range.end() || range.end() >= source.length()) {
            return;
        }
        BlockLayout layout = mounts.find(source.mountId()).layout();
        int block = layout.blockAt(range.end() - 1);
        ByteRange together = layout.placedWith(block, source.length());
        long start = Math.max(together.offset(), range.offset());
        long end = Math.min(together.end(), reached);
        FileFill fill = reference(version, source);
        try {
            fill.fetchAhead(
                    BlockLayout.chunkAt(start),
                    BlockLayout.chunkAt(end - 1),
                    BlockLayout.chunkAt(together.end() - 1),
                    origin);
        } finally {
            release(fill);
        }
    }

    private FileFill reference(FileVersion version, FileSource source) {
        lock.lock();
        try {
            FileFill known = fills.get(version);
            if (known != null && !known.cached.isDropped()) {
                known.users++;
                return known;
            }
        } finally {
            lock.unlock();
        }
        FileFill made =
                new FileFill(
                        this, source, cache.open(version, source.length(), classes.apply(source)));
        FileFill used;
        lock.lock();
        try {
            FileFill other = fills.get(version);
            used = other == null || other.cached.isDropped() ? made : other;
            fills.put(version, used);
            used.users++;
        } finally {
            lock.unlock();
        }
        if (used != made) {
            made.cached.close();
        }
        return used;
    }

    void use(FileFill fill) {
        lock.lock();
        try {
            fill.users++;
        } finally {
            lock.unlock();
        }
    }

    void release(FileFill fill) {
        boolean last;
        lock.lock();
        try {
            fill.users--;
            last = fill.users == 0;
            if (last) {
                fills.remove(fill.cached.version(), fill);
            }
        } finally {
            lock.unlock();
        }
        if (last) {
            fill.cached.close();
        }
    }

    CacheStore cache() {
        return cache;
    }

    MountTable mounts() {
        return mounts;
    }

    Admission admission() {
        return admission;
    }

    Peers peers() {
        return peers;
    }

    FillSettings settings() {
        return settings;
    }

    FillMeter meter() {
        return meter;
    }

    FillThreads threads() {
        return threads;
    }

    GetPermits permits() {
        return permits;
    }

    BufferBudget buffers() {
        return buffers;
    }

    void log(FileSource source, String what) {
        LOG.log(Level.WARNING, "fill mount={0} key={1} {2}", source.mountId(), source.key(), what);
    }

    /** Requests at under stores now. */
    public int getsInFlight() {
        return permits.taken();
    }

    /** Memory taken by bytes on their way. */
    public long bufferedBytes() {
        return buffers.takenBytes();
    }
}
