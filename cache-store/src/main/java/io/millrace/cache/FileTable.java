package io.millrace.cache;

import io.millrace.cache.eviction.CacheClass;
import io.millrace.model.FileVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All resident files as numbers in arrays: about 45 bytes each and no object, so that a million of
 * them cost little. A file keeps its number until it is removed; then another gets it. Guarded by
 * the index's lock.
 *
 * <p>From version to number it is a hash table with linear probing, at most half full; versions are
 * hashes already.
 */
final class FileTable {

    static final int NONE = -1;

    /** Bits of {@link #has}. */
    static final int COMPLETE = 1;

    /** Its checksums hold in this run of the process. */
    static final int VERIFIED = 2;

    /** Somebody has a reference. */
    static final int USED = 4;

    /** It is being dropped. */
    static final int DROPPED = 8;

    /** It was opened since it came where it lies. */
    static final int READ = 16;

    private static final int LEAST = 64;

    private int[] buckets = filled(2 * LEAST);
    private long[] high = new long[LEAST];
    private long[] low = new long[LEAST];
    private long[] bytes = new long[LEAST];
    private byte[] flags = new byte[LEAST];
    private byte[] tiers = new byte[LEAST];
    private int[] classes = new int[LEAST];
    private final Map<CacheClass, Integer> classIds = new HashMap<>();
    private final List<CacheClass> classesById = new ArrayList<>();
    private int free = NONE;
    private int end;
    private int size;

    private static int[] filled(int length) {
        int[] none = new int[length];
        Arrays.fill(none, NONE);
        return none;
    }

    int size() {
        return size;
    }

    /** Numbers are below this. */
    int end() {
        return end;
    }

    /** The number of a file; {@link #NONE}: it is not in the table. */
    int find(FileVersion version) {
        int bucket = bucket(version.high());
        while (buckets[bucket] != NONE) {
            int file = buckets[bucket];
            if (high[file] == version.high() && low[file] == version.low()) {
                return file;
            }
            bucket = next(bucket);
        }
        return NONE;
    }

    /** Adds a file that is not there, without bytes or flags. */
    int add(FileVersion version, int tier, CacheClass as) {
        if (2 * (size + 1) > buckets.length) {
            growBuckets();
        }
        int file = free;
        if (file == NONE) {
            file = end++;
            growFiles();
        } else {
            free = classes[file];
        }
        size++;
        high[file] = version.high();
        low[file] = version.low();
        bytes[file] = 0;
        flags[file] = 0;
        tiers[file] = (byte) tier;
        classes[file] = idOf(as);
        insert(file);
        return file;
    }

    private void growFiles() {
        if (end > high.length) {
            int length = high.length + (high.length >> 1);
            high = Arrays.copyOf(high, length);
            low = Arrays.copyOf(low, length);
            bytes = Arrays.copyOf(bytes, length);
            flags = Arrays.copyOf(flags, length);
            tiers = Arrays.copyOf(tiers, length);
            classes = Arrays.copyOf(classes, length);
        }
    }

    private void growBuckets() {
        int[] old = buckets;
        buckets = filled(2 * old.length);
        for (int file : old) {
            if (file != NONE) {
                insert(file);
            }
        }
    }

    private void insert(int file) {
        int bucket = bucket(high[file]);
        while (buckets[bucket] != NONE) {
            bucket = next(bucket);
        }
        buckets[bucket] = file;
    }

    /** Removes a file; those that probed past it move up. */
    void remove(int file) {
        int hole = bucket(high[file]);
        while (buckets[hole] != file) {
            hole = next(hole);
        }
        buckets[hole] = NONE;
        for (int at = next(hole); buckets[at] != NONE; at = next(at)) {
            int home = bucket(high[buckets[at]]);
            if (((at - home) & (buckets.length - 1)) >= ((at - hole) & (buckets.length - 1))) {
                buckets[hole] = buckets[at];
                buckets[at] = NONE;
                hole = at;
            }
        }
        size--;
        tiers[file] = NONE;
        classes[file] = free;
        free = file;
    }

    private int bucket(long hash) {
        return (int) (hash ^ (hash >>> 32)) & (buckets.length - 1);
    }

    private int next(int bucket) {
        return (bucket + 1) & (buckets.length - 1);
    }

    FileVersion version(int file) {
        return new FileVersion(high[file], low[file]);
    }

    /** Half of the version: equal when the same bytes come back. */
    long identity(int file) {
        return low[file];
    }

    /** Bytes that are resident. */
    long bytes(int file) {
        return bytes[file];
    }

    void setBytes(int file, long resident) {
        bytes[file] = resident;
    }

    boolean has(int file, int flag) {
        return (flags[file] & flag) != 0;
    }

    void set(int file, int flag) {
        flags[file] |= (byte) flag;
    }

    void put(int file, int flag, boolean on) {
        if (on) {
            set(file, flag);
        } else {
            clear(file, flag);
        }
    }

    void clear(int file, int flag) {
        flags[file] &= (byte) ~flag;
    }

    /** Where it lies; {@link #NONE}: no file has this number. */
    int tier(int file) {
        return tiers[file];
    }

    void setTier(int file, int tier) {
        tiers[file] = (byte) tier;
    }

    CacheClass cacheClass(int file) {
        return classesById.get(classes[file]);
    }

    void setClass(int file, CacheClass as) {
        classes[file] = idOf(as);
    }

    /** Classes are few: one for each data set that was ever read. */
    private int idOf(CacheClass as) {
        return classIds.computeIfAbsent(
                as,
                made -> {
                    classesById.add(made);
                    return classesById.size() - 1;
                });
    }
}
