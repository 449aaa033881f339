package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which files are known, who uses them, and how many bytes they take. Does no I/O; {@link #lock}
 * guards everything in it and the index's fields of each {@link CacheEntry}.
 */
final class CacheIndex {

    enum Users {
        /** Only an entry that nobody uses. */
        NONE,
        /** Only an entry that nobody but the caller uses. */
        CALLER,
        ANY
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<FileVersion, CacheEntry> entries = new HashMap<>();
    private final EvictionPolicy policy;
    private final long capacity;
    private final int openFiles;

    /** Open, and used by nobody: longest first. */
    private final LinkedHashSet<CacheEntry> idle = new LinkedHashSet<>();

    private long used;
    private long diskLimit = Long.MAX_VALUE;
    private long files;
    private long evictedFiles;
    private long evictedBytes;
    private boolean recovered;
    private boolean leftBehind;

    CacheIndex(EvictionPolicy policy, long capacity, int openFiles) {
        this.policy = policy;
        this.capacity = capacity;
        this.openFiles = openFiles;
    }

    /** The entry of {@code version}, referenced; null when it is known not to be there. */
    @Nullable CacheEntry reference(FileVersion version, boolean orNew) {
        lock.lock();
        try {
            CacheEntry entry = entries.get(version);
            if (entry == null) {
                if (recovered && !orNew) {
                    return null;
                }
                entry = new CacheEntry(version);
                entries.put(version, entry);
            }
            entry.references++;
            idle.remove(entry);
            policy.access(version);
            return entry;
        } finally {
            lock.unlock();
        }
    }

    /** What a release leaves to do, outside the lock. */
    sealed interface Released {
        record Nothing() implements Released {}

        /** This entry's files are to be closed, if it is still unused. */
        record Close(CacheEntry entry) implements Released {}
    }

    Released release(CacheEntry entry) {
        lock.lock();
        try {
            entry.references--;
            if (entry.references > 0) {
                return new Released.Nothing();
            }
            if (entry.dropped) {
                if (entry.removed) {
                    used -= entry.residentBytes;
                    entry.residentBytes = 0;
                }
                return new Released.Close(entry);
            }
            if (!entry.admitted) {
                entries.remove(entry.version, entry);
                return new Released.Close(entry);
            }
            idle.add(entry);
            if (idle.size() > openFiles) {
                return new Released.Close(idle.removeFirst());
            }
            return new Released.Nothing();
        } finally {
            lock.unlock();
        }
    }

    boolean isUnused(CacheEntry entry) {
        lock.lock();
        try {
            return entry.references == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Counts what was found on disk. */
    void restore(CacheEntry entry, long residentBytes) {
        lock.lock();
        try {
            entry.residentBytes = residentBytes;
            used += residentBytes;
            entry.admitted = true;
            files++;
            policy.restore(entry.version);
        } finally {
            lock.unlock();
        }
    }

    /** Takes {@code bytes} of the budget; false: there is no room for them. */
    boolean reserve(long bytes) {
        lock.lock();
        try {
            if (bytes > limit() - used) {
                return false;
            }
            used += bytes;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void unreserve(long bytes) {
        lock.lock();
        try {
            used -= bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes that were reserved are on disk now. */
    void stored(CacheEntry entry, long bytes) {
        lock.lock();
        try {
            entry.residentBytes += bytes;
            if (!entry.admitted && !entry.dropped) {
                entry.admitted = true;
                files++;
                policy.admit(entry.version);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Bytes turned out not to be there. */
    void lost(CacheEntry entry, long bytes) {
        lock.lock();
        try {
            entry.residentBytes -= bytes;
            used -= bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Unused entries that make room for {@code bytes}; none when all together do not. */
    List<CacheEntry> victims(long bytes) {
        lock.lock();
        try {
            long needed = bytes - (limit() - used);
            List<CacheEntry> victims = new ArrayList<>();
            long freed = 0;
            for (FileVersion version : policy.victims(needed, this::evictable)) {
                CacheEntry victim = entries.get(version);
                if (victim != null) {
                    victims.add(victim);
                    freed += victim.residentBytes;
                }
            }
            return freed < needed ? List.of() : victims;
        } finally {
            lock.unlock();
        }
    }

    private long evictable(FileVersion version) {
        CacheEntry entry = entries.get(version);
        return entry == null || entry.references > 0 || entry.dropped ? 0 : entry.residentBytes;
    }

    /** Marks an entry whose {@link CacheEntry#files} the caller holds; false: it may not be. */
    boolean markDropped(CacheEntry entry, Users users) {
        lock.lock();
        try {
            int allowed =
                    switch (users) {
                        case NONE -> 0;
                        case CALLER -> 1;
                        case ANY -> Integer.MAX_VALUE;
                    };
            if (entry.dropped || entry.references > allowed) {
                return false;
            }
            entry.dropped = true;
            idle.remove(entry);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** It is in use by others than this process: not for eviction now. */
    void touch(CacheEntry entry) {
        lock.lock();
        try {
            policy.access(entry.version);
        } finally {
            lock.unlock();
        }
    }

    /** A reference more to an entry, for who is to give it back. */
    void hold(CacheEntry entry) {
        lock.lock();
        try {
            entry.references++;
            idle.remove(entry);
        } finally {
            lock.unlock();
        }
    }

    /** The names of a dropped entry are gone; its bytes count until nobody uses it. */
    void remove(CacheEntry entry, boolean evicted) {
        lock.lock();
        try {
            entries.remove(entry.version, entry);
            entry.removed = true;
            if (entry.admitted) {
                files--;
                policy.remove(entry.version);
            }
            if (evicted) {
                evictedFiles++;
                evictedBytes += entry.residentBytes;
            }
            if (entry.references == 0) {
                used -= entry.residentBytes;
                entry.residentBytes = 0;
            }
        } finally {
            lock.unlock();
        }
    }

    long residentBytes(CacheEntry entry) {
        lock.lock();
        try {
            return entry.residentBytes;
        } finally {
            lock.unlock();
        }
    }

    /** The disk itself has room for {@code bytes} more, or lacks as many when negative. */
    void diskHasRoomFor(long bytes) {
        lock.lock();
        try {
            diskLimit = used + bytes;
        } finally {
            lock.unlock();
        }
    }

    private long limit() {
        return Math.min(capacity, diskLimit);
    }

    void recovered() {
        lock.lock();
        try {
            recovered = true;
        } finally {
            lock.unlock();
        }
    }

    /** A file could not be unlinked: what is not known may be on disk. */
    void leftBehind() {
        lock.lock();
        try {
            leftBehind = true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether what was never referenced is not on disk either. */
    boolean knowsAll() {
        lock.lock();
        try {
            return recovered && !leftBehind;
        } finally {
            lock.unlock();
        }
    }

    List<CacheEntry> all() {
        lock.lock();
        try {
            return List.copyOf(entries.values());
        } finally {
            lock.unlock();
        }
    }

    CacheUsage usage(long refusedBytes, long writeFailures, long corruptChunks) {
        lock.lock();
        try {
            return new CacheUsage(
                    capacity,
                    used,
                    files,
                    evictedFiles,
                    evictedBytes,
                    refusedBytes,
                    writeFailures,
                    corruptChunks,
                    recovered);
        } finally {
            lock.unlock();
        }
    }
}
