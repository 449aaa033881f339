package io.millrace.block.residency;

import io.millrace.block.fill.FileObserver;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which directory a cached file belongs to, and how often it is read. The cache itself knows files
 * by the hash of their keys alone; who reads or loads one says the key. It lives in memory only:
 * after a restart a file is unknown until it is asked for again.
 *
 * <p>An open-addressing table of primitives, 28 bytes a slot and at most 3 of 4 slots taken:
 * between 37 and 75 bytes a file. The monitor guards everything; it is held for a probe, or for a
 * copy of the table once in a summary.
 */
final class KnownFiles implements FileObserver {

    private static final int LEAST_SLOTS = 1 << 10;
    private static final int FREE = 0;

    private final int most;
    private long[] highs = new long[LEAST_SLOTS];
    private long[] lows = new long[LEAST_SLOTS];
    private int[] directoryIds = new int[LEAST_SLOTS];
    private double[] heats = new double[LEAST_SLOTS];
    private int size;
    private final Map<Directory, Integer> ids = new HashMap<>();
    private final List<Directory> directories = new ArrayList<>();

    /**
     * @param most files kept, 0 or more; others stay unknown
     */
    KnownFiles(int most) {
        this.most = most;
    }

    /** One file, as it was when it was listed. */
    record Known(FileVersion version, Directory directory, double heat) {}

    @Override
    public synchronized void read(FileVersion version, FileSource source) {
        note(version, source, 1);
    }

    @Override
    public synchronized void loaded(FileVersion version, FileSource source) {
        note(version, source, 0);
    }

    private void note(FileVersion version, FileSource source, double heat) {
        int slot = slot(version);
        if (directoryIds[slot] == FREE) {
            if (size >= most) {
                return;
            }
            if ((size + 1) * 4L > directoryIds.length * 3L) {
                resize(directoryIds.length * 2);
                slot = slot(version);
            }
            highs[slot] = version.high();
            lows[slot] = version.low();
            directoryIds[slot] = id(Directory.of(source));
            heats[slot] = 0;
            size++;
        }
        heats[slot] += heat;
    }

    synchronized int size() {
        return size;
    }

    /** All files; their heat is multiplied by {@code decay} first. */
    synchronized List<Known> list(double decay) {
        List<Known> known = new ArrayList<>(size);
        for (int slot = 0; slot < directoryIds.length; slot++) {
            if (directoryIds[slot] != FREE) {
                heats[slot] *= decay;
                known.add(
                        new Known(
                                new FileVersion(highs[slot], lows[slot]),
                                directories.get(directoryIds[slot] - 1),
                                heats[slot]));
            }
        }
        return known;
    }

    /** Forgets files that are cached no longer. */
    synchronized void forget(List<FileVersion> gone) {
        if (gone.isEmpty()) {
            return;
        }
        for (FileVersion version : gone) {
            int slot = slot(version);
            if (directoryIds[slot] != FREE) {
                // Marked, and left out by the copy below: nothing is probed between.
                directoryIds[slot] = -1;
                size--;
            }
        }
        int slots = directoryIds.length;
        while (slots > LEAST_SLOTS && size * 4L < slots) {
            slots /= 2;
        }
        resize(slots);
    }

    private void resize(int slots) {
        long[] oldHighs = highs;
        long[] oldLows = lows;
        int[] oldIds = directoryIds;
        double[] oldHeats = heats;
        List<Directory> oldDirectories = List.copyOf(directories);
        highs = new long[slots];
        lows = new long[slots];
        directoryIds = new int[slots];
        heats = new double[slots];
        ids.clear();
        directories.clear();
        int[] newIds = new int[oldDirectories.size() + 1];
        Arrays.fill(newIds, FREE);
        for (int old = 0; old < oldIds.length; old++) {
            int oldId = oldIds[old];
            if (oldId > FREE) {
                if (newIds[oldId] == FREE) {
                    newIds[oldId] = id(oldDirectories.get(oldId - 1));
                }
                int slot = slot(oldHighs[old], oldLows[old]);
                highs[slot] = oldHighs[old];
                lows[slot] = oldLows[old];
                directoryIds[slot] = newIds[oldId];
                heats[slot] = oldHeats[old];
            }
        }
    }

    private int id(Directory directory) {
        return ids.computeIfAbsent(
                directory,
                added -> {
                    directories.add(added);
                    return directories.size();
                });
    }

    private int slot(FileVersion version) {
        return slot(version.high(), version.low());
    }

    /** Where the file is, or the free slot where it would be. A version is a hash by itself. */
    private int slot(long high, long low) {
        int mask = directoryIds.length - 1;
        int slot = (int) low & mask;
        while (directoryIds[slot] != FREE && (highs[slot] != high || lows[slot] != low)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
