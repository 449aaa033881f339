package io.millrace.cache;

import io.millrace.cache.eviction.CacheClass;
import io.millrace.cache.eviction.Eviction;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.FileVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which files are known, who uses them, and how many bytes they take in each directory. Does no
 * I/O; {@link #lock} guards everything in it and the index's fields of each {@link CacheEntry}.
 *
 * <p>A resident file is a row of {@link FileTable}. It has an entry, with its locks and channels,
 * only while it is in use, or open for who comes next.
 */
final class CacheIndex {

    enum Users {
        /** Only an entry that nobody uses. */
        NONE,
        /** Only an entry that nobody but the caller uses. */
        CALLER,
        ANY
    }

    /** Why a file is gone. */
    enum Gone {
        /** To make room. */
        EVICTED,
        OTHERWISE
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Held held = lock::unlock;
    private final FileTable files = new FileTable();
    private final Map<FileVersion, CacheEntry> entries = new HashMap<>();
    private final List<TierBudget> budgets;
    private final int openFiles;

    /** Open, and used by nobody: longest first. */
    private final LinkedHashSet<CacheEntry> idle = new LinkedHashSet<>();

    private long removals;
    private volatile boolean recovered;
    private volatile boolean leftBehind;

    /**
     * @param tiers the directories, in the order of their numbers
     */
    CacheIndex(List<CacheTier> tiers, EvictionKind eviction, int openFiles) {
        this.budgets =
                tiers.stream().map(tier -> new TierBudget(tier, eviction, files::bytes)).toList();
        this.openFiles = openFiles;
    }

    /** Ends the holding of the lock. */
    private interface Held extends AutoCloseable {
        @Override
        void close();
    }

    private Held locked() {
        lock.lock();
        return held;
    }

    private TierBudget budget(CacheEntry entry) {
        return budgets.get(entry.tier().number());
    }

    private Eviction eviction(int file) {
        return budgets.get(files.tier(file)).eviction;
    }

    /**
     * The entry of {@code version}, referenced; null when it is known not to be there.
     *
     * @param as its class; null: what is known of it
     */
    @Nullable CacheEntry reference(FileVersion version, boolean orNew, @Nullable CacheClass as) {
        try (var _ = locked()) {
            CacheEntry entry = entries.get(version);
            int file = entry == null ? files.find(version) : entry.file;
            if (entry == null) {
                if (file == FileTable.NONE && recovered && !orNew) {
                    return null;
                }
                entry = file == FileTable.NONE ? new CacheEntry(version) : entryOf(file);
                entries.put(version, entry);
            }
            use(entry);
            if (as != null) {
                classify(version, as);
            }
            return entry;
        }
    }

    private CacheEntry entryOf(int file) {
        CacheEntry entry = new CacheEntry(files.version(file));
        entry.file = file;
        entry.cacheClass = files.cacheClass(file);
        entry.residentBytes = files.bytes(file);
        entry.restoreState(
                budgets.get(files.tier(file)).tier,
                files.has(file, FileTable.COMPLETE),
                files.has(file, FileTable.VERIFIED));
        return entry;
    }

    private void use(CacheEntry entry) {
        entry.references++;
        idle.remove(entry);
        if (entry.file != FileTable.NONE) {
            files.set(entry.file, FileTable.USED);
        }
    }

    /** Takes over what to think of a file; one that is not known is passed by. */
    void classify(FileVersion version, CacheClass as) {
        try (var _ = locked()) {
            CacheEntry entry = entries.get(version);
            int file = entry == null ? files.find(version) : entry.file;
            if (file != FileTable.NONE && !as.equals(files.cacheClass(file))) {
                files.setClass(file, as);
                eviction(file).classify(file, files.identity(file), as);
            }
            if (entry != null) {
                entry.cacheClass = as;
            }
        }
    }

    Released release(CacheEntry entry) {
        try (var _ = locked()) {
            entry.references--;
            if (entry.references > 0) {
                return new Released.Nothing();
            }
            if (entry.dropped) {
                if (entry.removed && entry.residentBytes > 0) {
                    budget(entry).used -= entry.residentBytes;
                    entry.residentBytes = 0;
                }
                return new Released.Close(entry);
            }
            if (entry.file == FileTable.NONE) {
                entries.remove(entry.version, entry);
                return new Released.Close(entry);
            }
            files.clear(entry.file, FileTable.USED);
            if (!entry.isOpen()) {
                return new Released.Close(entry);
            }
            idle.add(entry);
            return idle.size() > openFiles
                    ? new Released.Close(idle.removeFirst())
                    : new Released.Nothing();
        }
    }

    /**
     * Keeps of an entry only its row, when nobody uses it and its files are closed; the caller
     * holds its {@link CacheEntry#files}.
     */
    void fold(CacheEntry entry) {
        try (var _ = locked()) {
            if (entry.references == 0
                    && entry.file != FileTable.NONE
                    && !entry.dropped
                    && !entry.isOpen()
                    && entries.remove(entry.version, entry)) {
                idle.remove(entry);
                files.put(entry.file, FileTable.COMPLETE, entry.kind == CacheEntry.Kind.COMPLETE);
                files.put(entry.file, FileTable.VERIFIED, entry.isVerified());
                entry.file = FileTable.NONE;
            }
        }
    }

    /** Whether only its row was kept since it was chosen: another entry may stand for it by now. */
    private boolean isFolded(CacheEntry entry) {
        return entries.get(entry.version) != entry;
    }

    boolean isUnused(CacheEntry entry) {
        return isUsedBy(entry, 0);
    }

    /** Whether it has exactly so many users. */
    boolean isUsedBy(CacheEntry entry, int users) {
        try (var _ = locked()) {
            return entry.references == users;
        }
    }

    /** A reference more to an entry that nobody uses; false: it is in use, or going. */
    boolean holdUnused(CacheEntry entry) {
        try (var _ = locked()) {
            if (entry.references > 0 || entry.dropped || isFolded(entry)) {
                return false;
            }
            use(entry);
            return true;
        }
    }

    /** Whether a file was opened before since it came where it lies; it was now. */
    boolean wasRead(CacheEntry entry) {
        try (var _ = locked()) {
            boolean was = entry.file == FileTable.NONE || files.has(entry.file, FileTable.READ);
            if (!was) {
                files.set(entry.file, FileTable.READ);
            }
            return was;
        }
    }

    /** Counts what was found on disk, in the entry's directory. */
    void restore(CacheEntry entry, long residentBytes) {
        try (var _ = locked()) {
            if (entry.file == FileTable.NONE) {
                row(entry);
                Eviction eviction = budget(entry).eviction;
                eviction.restore(entry.file);
                if (!entry.cacheClass.equals(CacheClass.DEFAULT)) {
                    eviction.classify(entry.file, files.identity(entry.file), entry.cacheClass);
                }
            }
            long change = residentBytes - entry.residentBytes;
            resize(entry, change);
            budget(entry).used += change;
        }
    }

    /** How many files were removed so far. */
    long removals() {
        try (var _ = locked()) {
            return removals;
        }
    }

    /**
     * Counts a complete file that was found on disk when {@link #removals} was {@code since};
     * false: it is known, or it may have been removed since then.
     */
    boolean restoreComplete(FileVersion version, CacheTier tier, long length, long since) {
        try (var _ = locked()) {
            if (removals != since
                    || entries.containsKey(version)
                    || files.find(version) != FileTable.NONE) {
                return false;
            }
            TierBudget budget = budgets.get(tier.number());
            int file = files.add(version, tier.number(), CacheClass.DEFAULT);
            files.set(file, FileTable.COMPLETE);
            files.setBytes(file, length);
            budget.files++;
            budget.used += length;
            budget.eviction.restore(file);
            return true;
        }
    }

    private void row(CacheEntry entry) {
        entry.file = files.add(entry.version, entry.tier().number(), entry.cacheClass);
        budget(entry).files++;
        if (entry.references > 0) {
            files.set(entry.file, FileTable.USED);
        }
    }

    private void resize(CacheEntry entry, long change) {
        entry.residentBytes += change;
        if (entry.file != FileTable.NONE) {
            files.setBytes(entry.file, entry.residentBytes);
            eviction(entry.file).resized(entry.file, change);
        }
    }

    /** Takes {@code bytes} of a directory's budget; false: there is no room for them. */
    boolean reserve(CacheTier tier, long bytes) {
        try (var _ = locked()) {
            TierBudget budget = budgets.get(tier.number());
            if (bytes > budget.room()) {
                return false;
            }
            budget.used += bytes;
            return true;
        }
    }

    void unreserve(CacheTier tier, long bytes) {
        try (var _ = locked()) {
            budgets.get(tier.number()).used -= bytes;
        }
    }

    /** Whether a directory has so much free room. */
    boolean hasRoom(CacheTier tier, long bytes) {
        try (var _ = locked()) {
            return bytes <= budgets.get(tier.number()).room();
        }
    }

    /** Admission: whether a file may displace others in a directory that is full. */
    boolean mayDisplace(CacheTier tier, CacheClass newcomer) {
        try (var _ = locked()) {
            return budgets.get(tier.number()).eviction.mayDisplace(newcomer);
        }
    }

    /** Bytes that were reserved are on disk now. */
    void stored(CacheEntry entry, long bytes) {
        try (var _ = locked()) {
            if (entry.file == FileTable.NONE && !entry.dropped) {
                row(entry);
                entry.residentBytes += bytes;
                files.setBytes(entry.file, entry.residentBytes);
                eviction(entry.file)
                        .admit(entry.file, files.identity(entry.file), entry.cacheClass);
            } else {
                resize(entry, bytes);
            }
        }
    }

    /** Bytes turned out not to be there. */
    void lost(CacheEntry entry, long bytes) {
        try (var _ = locked()) {
            resize(entry, -bytes);
            budget(entry).used -= bytes;
        }
    }

    /**
     * Unused files that make room for a newcomer; none when it may not displace enough. Nobody
     * holds them: each may be used again, or folded, before it is dropped.
     */
    List<CacheEntry> victims(CacheTier tier, CacheClass newcomer, long bytes) {
        try (var _ = locked()) {
            return entriesOf(budgets.get(tier.number()).victims(newcomer, bytes, this::evictable));
        }
    }

    /** Unused files that a directory has too many. */
    List<CacheEntry> excess(CacheTier tier) {
        try (var _ = locked()) {
            return entriesOf(budgets.get(tier.number()).excess(this::evictable));
        }
    }

    private List<CacheEntry> entriesOf(int[] victims) {
        List<CacheEntry> chosen = new ArrayList<>(victims.length);
        for (int file : victims) {
            chosen.add(entries.computeIfAbsent(files.version(file), _ -> entryOf(file)));
        }
        return chosen;
    }

    private long evictable(int file) {
        return files.has(file, FileTable.USED | FileTable.DROPPED) ? 0 : files.bytes(file);
    }

    /** Marks an entry whose {@link CacheEntry#files} the caller holds; false: it may not be. */
    boolean markDropped(CacheEntry entry, Users users) {
        try (var _ = locked()) {
            int allowed =
                    switch (users) {
                        case NONE -> 0;
                        case CALLER -> 1;
                        case ANY -> Integer.MAX_VALUE;
                    };
            if (entry.dropped || entry.references > allowed || isFolded(entry)) {
                return false;
            }
            entry.dropped = true;
            idle.remove(entry);
            if (entry.file != FileTable.NONE) {
                files.set(entry.file, FileTable.DROPPED);
            }
            return true;
        }
    }

    /** It was opened, or is in use by others than this process: not for eviction now. */
    void touch(CacheEntry entry) {
        try (var _ = locked()) {
            if (entry.file != FileTable.NONE) {
                eviction(entry.file).access(entry.file);
            }
        }
    }

    /** A reference more to an entry, for who is to give it back. */
    void hold(CacheEntry entry) {
        try (var _ = locked()) {
            use(entry);
        }
    }

    /** The names of a dropped entry are gone; its bytes count until nobody uses it. */
    void remove(CacheEntry entry, Gone gone) {
        try (var _ = locked()) {
            entries.remove(entry.version, entry);
            removals++;
            entry.removed = true;
            int file = entry.file;
            if (file != FileTable.NONE) {
                budget(entry).removed(file, files.identity(file), gone);
                files.remove(file);
                entry.file = FileTable.NONE;
            }
            if (entry.references == 0 && entry.residentBytes > 0) {
                budget(entry).used -= entry.residentBytes;
                entry.residentBytes = 0;
            }
        }
    }

    /** Whether it lies elsewhere now: its reserved bytes there are its bytes from now on. */
    void moved(CacheEntry entry, CacheTier to) {
        try (var _ = locked()) {
            TierBudget target = budgets.get(to.number());
            budget(entry).used -= entry.residentBytes;
            budget(entry).removed(entry.file, files.identity(entry.file), Gone.OTHERWISE);
            target.files++;
            files.setTier(entry.file, to.number());
            files.clear(entry.file, FileTable.READ);
            target.eviction.admit(entry.file, files.identity(entry.file), entry.cacheClass);
            entry.moveTo(to);
        }
    }

    long residentBytes(CacheEntry entry) {
        try (var _ = locked()) {
            return entry.residentBytes;
        }
    }

    /** The disk itself has room for {@code bytes} more, or lacks as many when negative. */
    void diskHasRoomFor(CacheTier tier, long bytes) {
        try (var _ = locked()) {
            budgets.get(tier.number()).diskHasRoomFor(bytes);
        }
    }

    void recovered() {
        recovered = true;
    }

    boolean isRecovered() {
        return recovered;
    }

    /** A file could not be unlinked: what is not known may be on disk. */
    void leftBehind() {
        leftBehind = true;
    }

    /** Whether what was never referenced is not on disk either. */
    boolean knowsAll() {
        return recovered && !leftBehind;
    }

    /** Those in use, and those open. */
    List<CacheEntry> all() {
        try (var _ = locked()) {
            return List.copyOf(entries.values());
        }
    }

    /** How it stands in each directory. */
    List<CacheUsage.OfDirectory> usage() {
        try (var _ = locked()) {
            return budgets.stream().map(TierBudget::usage).toList();
        }
    }

    /** Forgets the files of a directory but for those that have an entry. */
    void retire(CacheTier tier) {
        try (var _ = locked()) {
            for (int file = 0; file < files.end(); file++) {
                if (files.tier(file) == tier.number()
                        && !entries.containsKey(files.version(file))) {
                    TierBudget budget = budgets.get(tier.number());
                    budget.used -= files.bytes(file);
                    budget.removed(file, files.identity(file), Gone.OTHERWISE);
                    files.remove(file);
                }
            }
        }
    }
}
