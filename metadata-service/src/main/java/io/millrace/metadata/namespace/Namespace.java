package io.millrace.metadata.namespace;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.metadata.database.Database;
import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.model.EntryName;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Paths, directories and files as clients see them. Directories are listed in the bucket when they
 * are first looked into, and again when what is known of them is older than the mount's max-age.
 *
 * <p>Failures are {@link MillraceException}: NOT_FOUND, NOT_A_DIRECTORY, INVALID_ARGUMENT,
 * DEADLINE_EXCEEDED when a first listing takes too long, and what the under store throws when a
 * directory of which nothing is known cannot be listed.
 */
public final class Namespace {

    /** Most entries or files of one page. */
    public static final int MAX_PAGE = 10_000;

    private static final int DEFAULT_PAGE = 1_000;

    private final InodeStore inodes;
    private final HiddenKeyStore hiddenKeys;
    private final MountTable mounts;
    private final Freshness freshness;
    private final LookStore looks;
    private final SyncStore sync;
    private final KeyRefresh keys;
    private final Limits limits;

    /**
     * @param concurrentListings at once in this process
     * @param concurrentAttributeReads HEADs for the attributes of objects at once in this process
     * @param listingStall how long a caller that could be given stale entries waits for the next
     *     page of a listing
     * @param listingWait how long a caller waits for a listing in all
     * @param claimLease how long a process that lists a directory may be silent before another
     *     takes over; longer than a call to the bucket may take
     * @param failurePause how long a mount whose bucket failed is not asked again
     * @param staleValid how long an answer from stale entries may be believed
     * @param aboveMountsValid how long an answer from the mount table may be believed
     * @param walkTime how long one page of a walk may take, roughly
     * @param usageTime how long adding up a directory may take
     */
    public record Limits(
            int concurrentListings,
            int concurrentAttributeReads,
            Duration listingStall,
            Duration listingWait,
            Duration claimLease,
            Duration failurePause,
            Duration staleValid,
            Duration aboveMountsValid,
            Duration walkTime,
            Duration usageTime) {}

    /**
     * @param executor runs listings, on virtual threads
     * @param eventsFollowed whether what buckets say of themselves is being followed
     */
    public Namespace(
            Database database,
            MountTable mounts,
            InstantSource clock,
            Executor executor,
            Limits limits,
            BooleanSupplier eventsFollowed,
            MeterRegistry registry) {
        this.inodes = new InodeStore(database);
        this.hiddenKeys = new HiddenKeyStore(database);
        this.mounts = mounts;
        this.limits = limits;
        this.looks = new LookStore(database);
        this.sync = new SyncStore(database);
        this.keys = new KeyRefresh(looks, inodes, mounts);
        NamespaceMetrics metrics = new NamespaceMetrics(registry);
        DirectoryLister lister =
                new DirectoryLister(
                        new ListingStore(database),
                        mounts,
                        new AttributeReads(limits.concurrentAttributeReads(), executor, metrics),
                        clock,
                        limits.claimLease());
        this.freshness =
                new Freshness(
                        lister,
                        inodes,
                        mounts,
                        clock,
                        executor,
                        new Freshness.Limits(
                                limits.concurrentListings(),
                                limits.listingStall(),
                                limits.listingWait(),
                                limits.failurePause(),
                                limits.staleValid(),
                                limits.aboveMountsValid()),
                        eventsFollowed,
                        metrics);
    }

    /**
     * Where a path leads.
     *
     * @param inodes from the root to the target, or to the last that exists
     * @param found whether that is the target
     * @param validMillis how long this may be believed
     */
    public record Resolved(List<Inode> inodes, boolean found, long validMillis) {}

    /** One name in one directory; empty: there is none. */
    public record LookedUp(Optional<Inode> inode, long validMillis) {}

    /** One page of a directory in name order. */
    public record DirectoryPage(List<Inode> entries, boolean more, long validMillis) {}

    /** Sums over everything at and below a path. */
    public record Usage(long files, long directories, long bytes) {}

    /** Keys that cannot be paths: mount, key as it can be shown, why. */
    public record HiddenKey(long mountId, String key, String reason) {}

    /** One page of hidden keys; empty cursor: the last. */
    public record HiddenKeys(List<HiddenKey> keys, String nextCursor, long total) {}

    public Resolved resolve(NamespacePath path) {
        List<String> names = path.components();
        // What was listed for this answer, and how long it may be believed if that came to nothing.
        Map<Long, Long> ensured = new HashMap<>();
        while (true) {
            List<Inode> found = inodes.resolve(names);
            if (found.isEmpty()) {
                throw new MillraceException(ErrorCode.INTERNAL, "the namespace has no root");
            }
            long valid = limits.aboveMountsValid().toMillis();
            boolean inMount = false;
            Inode.Directory due = null;
            for (int depth = 0; depth < found.size() && depth < names.size(); depth++) {
                if (found.get(depth) instanceof Inode.Directory directory) {
                    long fresh = freshness.validMillis(directory);
                    Long known = ensured.get(directory.id());
                    if (fresh == 0 && known == null) {
                        due = directory;
                        break;
                    }
                    long told = fresh == 0 && known != null ? known : fresh;
                    boolean first = !inMount && !directory.isAboveMounts();
                    valid = first ? told : Math.min(valid, told);
                    inMount |= first;
                }
            }
            if (due == null) {
                return new Resolved(found, found.size() == names.size() + 1, valid);
            }
            boolean stale = freshness.ensure(due) instanceof Freshness.Known.Stale;
            ensured.put(due.id(), stale ? limits.staleValid().toMillis() : minimum());
        }
    }

    /** What follows a listing that is stale by the time it is answered from. */
    private long minimum() {
        return Math.min(1, limits.staleValid().toMillis());
    }

    /** The inode at {@code path}; NOT_FOUND or, below a file, NOT_A_DIRECTORY. */
    public Inode require(NamespacePath path) {
        Resolved resolved = resolve(path);
        if (!resolved.found()) {
            boolean belowFile = resolved.inodes().getLast() instanceof Inode.File;
            throw new MillraceException(
                    belowFile ? ErrorCode.NOT_A_DIRECTORY : ErrorCode.NOT_FOUND,
                    belowFile
                            ? path + " lies below a file"
                            : "there is no " + path + " in the namespace");
        }
        return resolved.inodes().getLast();
    }

    public LookedUp lookup(long parentId, String name) {
        if (EntryName.problem(name).isPresent()) {
            requireDirectory(parentId);
            return new LookedUp(Optional.empty(), limits.aboveMountsValid().toMillis());
        }
        InodeStore.Found found =
                inodes.lookup(parentId, name).orElseThrow(() -> noDirectory(parentId));
        long valid = freshness.validMillis(found.directory());
        if (valid > 0) {
            return new LookedUp(found.entry(), valid);
        }
        valid = fresh(found.directory());
        found = inodes.lookup(parentId, name).orElseThrow(() -> noDirectory(parentId));
        return new LookedUp(found.entry(), told(valid, found.directory()));
    }

    /**
     * @param afterName exclusive; empty: from the first
     * @param limit 1 to {@link #MAX_PAGE}; 0: 1,000
     */
    public DirectoryPage readDirectory(long directoryId, String afterName, int limit) {
        int size = pageSize(limit);
        if (afterName.indexOf('\0') >= 0) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "no name holds a NUL, and after_name does");
        }
        Inode.Directory directory = requireDirectory(directoryId);
        long valid = fresh(directory);
        List<Inode> entries = inodes.entries(directory, afterName, size + 1);
        boolean more = entries.size() > size;
        if (valid == 0 || entries.isEmpty()) {
            directory = requireDirectory(directoryId);
        }
        return new DirectoryPage(
                more ? List.copyOf(entries.subList(0, size)) : entries,
                more,
                told(valid, directory));
    }

    /** -1: stale; 0: listed just now; else what remains. */
    private long fresh(Inode.Directory directory) {
        long valid = freshness.validMillis(directory);
        if (valid > 0) {
            return valid;
        }
        return switch (freshness.ensure(directory)) {
            case Freshness.Known.Fresh _ -> 0;
            case Freshness.Known.Stale _ -> -1;
            case Freshness.Known.Gone _ -> throw noDirectory(directory.id());
        };
    }

    private long told(long valid, Inode.Directory now) {
        if (valid < 0) {
            return limits.staleValid().toMillis();
        }
        return valid > 0 ? valid : Math.max(minimum(), freshness.validMillis(now));
    }

    private Inode.Directory requireDirectory(long id) {
        return inodes.directory(id).orElseThrow(() -> noDirectory(id));
    }

    private static MillraceException noDirectory(long id) {
        return new MillraceException(
                ErrorCode.NOT_FOUND, "there is no directory with inode id " + id);
    }

    static int pageSize(int limit) {
        if (limit < 0 || limit > MAX_PAGE) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "limit "
                            + Integer.toUnsignedString(limit)
                            + " is not between 1 and "
                            + MAX_PAGE);
        }
        return limit == 0 ? DEFAULT_PAGE : limit;
    }

    /**
     * One page of the files at and below {@code path}, depth first in name order.
     *
     * @param cursor empty: from the start; else of the page before
     * @param limit 1 to {@link #MAX_PAGE}; 0: 1,000
     */
    public Walk.Page walk(NamespacePath path, String cursor, int limit) {
        return sync(path, cursor, limit, 0);
    }

    /**
     * Begins to bring everything below {@code path} up to what the bucket holds, whatever the mount
     * says of freshness; {@link #sync} does it page by page.
     *
     * @return the moment that sync asks for
     * @throws MillraceException NOT_FOUND, NOT_A_DIRECTORY, as the bucket is now
     */
    public long beginSync(NamespacePath path) {
        refresh(path);
        if (!(require(path) instanceof Inode.Directory)) {
            throw new MillraceException(
                    ErrorCode.NOT_A_DIRECTORY,
                    path + " is a file: it is up to date now, and what is synced is a directory");
        }
        return looks.begin();
    }

    /**
     * A page of {@link #walk}, of what the bucket holds after {@code since}, with what has been
     * found to be new, changed and deleted since then.
     *
     * @param since of {@link #beginSync}; 0: a walk
     */
    public Walk.Page sync(NamespacePath path, String cursor, int limit, long since) {
        if (since < 0) {
            throw new MillraceException(ErrorCode.INVALID_ARGUMENT, "since is less than 0");
        }
        int size = pageSize(limit);
        return new Walk(inodes, sync, freshness, path, since, limits.walkTime())
                .page(require(path), cursor, size);
    }

    /** Adds up everything at and below {@code path}, listing what was never listed. */
    public Usage usage(NamespacePath path) {
        return switch (require(path)) {
            case Inode.File file -> new Usage(1, 0, file.source().length());
            case Inode.Directory directory ->
                    new UsageSum(inodes, freshness, limits.usageTime()).of(path, directory);
        };
    }

    /**
     * Keys that cannot be paths, as far as their directories were listed.
     *
     * @param mountPath null: of all mounts
     */
    public HiddenKeys hiddenKeys(Optional<NamespacePath> mountPath, String cursor, int limit) {
        int size = pageSize(limit);
        long mountId = mountPath.map(this::mountAt).orElse(0L);
        HiddenKeyStore.Position after;
        try {
            after = HiddenKeyStore.Position.parse(cursor);
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "the cursor is not one of this listing", e);
        }
        List<HiddenKeyStore.Row> rows = hiddenKeys.page(mountId, after, size + 1);
        boolean more = rows.size() > size;
        List<HiddenKey> keys = new ArrayList<>();
        for (HiddenKeyStore.Row row : more ? rows.subList(0, size) : rows) {
            keys.add(new HiddenKey(row.mountId(), row.shownKey(), row.reason()));
        }
        return new HiddenKeys(
                keys, more ? rows.get(size - 1).cursor() : "", hiddenKeys.count(mountId));
    }

    private long mountAt(NamespacePath path) {
        return mounts.refresh().stream()
                .filter(mount -> mount.path().equals(path))
                .findFirst()
                .map(Mount::id)
                .orElseThrow(() ->
                        new MillraceException(ErrorCode.NOT_FOUND, "there is no mount at " + path));
    }

    /**
     * Brings what is known of one key of a bucket to what the bucket holds now, where its directory
     * has been listed.
     *
     * @param key below the mount's root
     * @param there whether something is known to lie there
     */
    public void refresh(Mount mount, String key, boolean there) {
        keys.refresh(mount, key, there);
    }

    /**
     * Brings what is known of {@code path} to what its bucket holds now, where its directory has
     * been listed. False: it is not at or below a mount.
     */
    public boolean refresh(NamespacePath path) {
        Optional<Mount> found =
                mounts.refresh().stream().filter(one -> path.startsWith(one.path())).findFirst();
        if (found.isEmpty()) {
            return false;
        }
        List<String> names = path.components();
        int above = found.get().path().components().size();
        if (names.size() > above) {
            refresh(found.get(), String.join("/", names.subList(above, names.size())), false);
        }
        return true;
    }

    /** Forgets up to {@code limit} looks at keys that are older than {@code keep}. */
    public void pruneLooks(Duration keep, int limit) {
        looks.prune(keep, limit);
    }

    /** Forgets up to {@code limit} counts of deleted files that are older than {@code keep}. */
    public void pruneDeletions(Duration keep, int limit) {
        sync.prune(keep, limit);
    }

    /**
     * Deletes up to {@code limit} inodes that are no longer reachable. A step of the background
     * loop. False: there are none.
     */
    public boolean reap(int limit) {
        return inodes.reap(limit);
    }
}
