package io.millrace.cache.eviction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Linked lists of files over arrays that are indexed by the file's number: 13 bytes for each number
 * and no object. A file is in at most one list.
 */
final class FileLists {

    static final int NONE = -1;
    private static final int LEAST = 64;

    private final IntToLongFunction sizeOf;
    private final List<@Nullable FileList> lists = new ArrayList<>();
    private int[] older = new int[LEAST];
    private int[] newer = new int[LEAST];
    private int[] listOf = filled(LEAST);
    private byte[] marks = new byte[LEAST];

    /**
     * @param sizeOf bytes of a file, asked as it goes in and out
     */
    FileLists(IntToLongFunction sizeOf) {
        this.sizeOf = sizeOf;
    }

    private static int[] filled(int length) {
        int[] none = new int[length];
        Arrays.fill(none, NONE);
        return none;
    }

    /** An empty list whose files are ordered for {@code owner}. */
    FileList create(EvictionPolicy owner) {
        int id = lists.indexOf(null);
        if (id < 0) {
            id = lists.size();
            lists.add(null);
        }
        FileList list = new FileList(id, owner);
        lists.set(id, list);
        return list;
    }

    /** The list a file is in; null: in none. */
    @Nullable FileList listOf(int file) {
        int id = file < listOf.length ? listOf[file] : NONE;
        return id == NONE ? null : lists.get(id);
    }

    /** Whatever the policy keeps of a file in one byte. */
    int mark(int file) {
        return marks[file] & 0xff;
    }

    void setMark(int file, int mark) {
        marks[file] = (byte) mark;
    }

    long size(int file) {
        return sizeOf.applyAsLong(file);
    }

    int newerThan(int file) {
        return newer[file];
    }

    private void grow(int file) {
        int length = listOf.length;
        if (file >= length) {
            int next = Math.max(file + 1, length + (length >> 1));
            older = Arrays.copyOf(older, next);
            newer = Arrays.copyOf(newer, next);
            marks = Arrays.copyOf(marks, next);
            listOf = Arrays.copyOf(listOf, next);
            Arrays.fill(listOf, length, next, NONE);
        }
    }

    /** Files from the oldest to the newest, as their policy orders them. */
    final class FileList {

        private final int id;
        private final EvictionPolicy owner;
        private int oldest = NONE;
        private int newest = NONE;
        private long bytes;

        private FileList(int id, EvictionPolicy owner) {
            this.id = id;
            this.owner = owner;
        }

        EvictionPolicy owner() {
            return owner;
        }

        int oldest() {
            return oldest;
        }

        boolean isEmpty() {
            return oldest == NONE;
        }

        long bytes() {
            return bytes;
        }

        void resized(long change) {
            bytes += change;
        }

        void addNewest(int file) {
            grow(file);
            older[file] = newest;
            newer[file] = NONE;
            if (newest == NONE) {
                oldest = file;
            } else {
                newer[newest] = file;
            }
            newest = file;
            joined(file);
        }

        void addOldest(int file) {
            grow(file);
            newer[file] = oldest;
            older[file] = NONE;
            if (oldest == NONE) {
                newest = file;
            } else {
                older[oldest] = file;
            }
            oldest = file;
            joined(file);
        }

        private void joined(int file) {
            listOf[file] = id;
            bytes += size(file);
        }

        void makeNewest(int file) {
            if (newest != file) {
                remove(file);
                addNewest(file);
            }
        }

        void remove(int file) {
            int before = older[file];
            int after = newer[file];
            if (before == NONE) {
                oldest = after;
            } else {
                newer[before] = after;
            }
            if (after == NONE) {
                newest = before;
            } else {
                older[after] = before;
            }
            listOf[file] = NONE;
            bytes -= size(file);
        }

        /** Gives the list up; it is empty. */
        void close() {
            lists.set(id, null);
        }
    }
}
