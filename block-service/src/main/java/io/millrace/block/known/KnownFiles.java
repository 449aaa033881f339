package io.millrace.block.known;

import io.millrace.block.fill.FileObserver;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * The files this worker was asked for: in which directory each lies, when it was last asked for and
 * how often. Who reads or loads a file says its key, and is heard here.
 *
 * <p>An open-addressing table of primitives, 40 bytes a slot and at most 3 of 4 slots taken:
 * between 53 and 107 bytes a file. The monitor guards everything; it is held for a probe, or for a
 * copy of the table where all is listed.
 */
public final class KnownFiles implements FileObserver {

    private static final int LEAST_SLOTS = 1 << 10;
    private static final int FREE = 0;
    private static final int GONE = -1;

    /** Longer than a fetch may take, with its retries. */
    private static final Duration FETCH_GRACE = Duration.ofMinutes(10);

    private final int most;
    private final InstantSource clock;
    private final Map<Directory, Integer> ids = new HashMap<>();
    private final List<Directory> directories = new ArrayList<>();
    private Slots slots = new Slots(LEAST_SLOTS);
    private int size;

    /** The columns of the table. A directory's id is its place in {@link #directories}, from 1. */
    private static final class Slots {
        final long[] highs;
        final long[] lows;
        final int[] directoryIds;
        final int[] nameHashes;
        final long[] askedMillis;
        final double[] heats;

        Slots(int count) {
            highs = new long[count];
            lows = new long[count];
            directoryIds = new int[count];
            nameHashes = new int[count];
            askedMillis = new long[count];
            heats = new double[count];
        }

        int count() {
            return directoryIds.length;
        }

        /** Where the file is, or the free slot where it would be. A version is a hash by itself. */
        int find(long high, long low) {
            int mask = count() - 1;
            int slot = (int) low & mask;
            while (directoryIds[slot] != FREE && (highs[slot] != high || lows[slot] != low)) {
                slot = (slot + 1) & mask;
            }
            return slot;
        }
    }

    /**
     * One file, as it was when it was listed.
     *
     * @param nameHash of its name in the directory: {@link #nameHash}
     * @param askedMillis when it was last read or loaded, since the epoch
     * @param heat reads, cooled
     */
    public record Known(
            FileVersion version,
            Directory directory,
            int nameHash,
            long askedMillis,
            double heat) {}

    /**
     * @param most files kept, 0 or more; others stay unknown
     */
    public KnownFiles(int most, InstantSource clock) {
        this.most = most;
        this.clock = clock;
    }

    /** What is kept of a file's name. */
    public static int nameHash(String key) {
        return key.substring(key.lastIndexOf('/') + 1).hashCode();
    }

    @Override
    public void read(FileVersion version, FileSource source) {
        note(version, source, clock.millis(), 1);
    }

    @Override
    public void loaded(FileVersion version, FileSource source) {
        note(version, source, clock.millis(), 0);
    }

    private synchronized void note(
            FileVersion version, FileSource source, long now, double moreHeat) {
        int slot = slots.find(version.high(), version.low());
        if (slots.directoryIds[slot] == FREE) {
            if (size >= most) {
                return;
            }
            slot = add(new Known(version, Directory.of(source), nameHash(source.key()), now, 0));
        }
        slots.askedMillis[slot] = now;
        slots.heats[slot] += moreHeat;
    }

    /** Takes over what was known before, as far as there is room; what is known stays. */
    synchronized void restore(List<Known> before) {
        for (Known known : before) {
            int slot = slots.find(known.version().high(), known.version().low());
            if (slots.directoryIds[slot] == FREE && size < most) {
                add(known);
            }
        }
    }

    private int add(Known known) {
        if ((size + 1) * 4L > slots.count() * 3L) {
            resize(slots.count() * 2);
        }
        int slot = slots.find(known.version().high(), known.version().low());
        slots.highs[slot] = known.version().high();
        slots.lows[slot] = known.version().low();
        slots.directoryIds[slot] = id(known.directory());
        slots.nameHashes[slot] = known.nameHash();
        slots.askedMillis[slot] = known.askedMillis();
        slots.heats[slot] = known.heat();
        size++;
        return slot;
    }

    public synchronized int size() {
        return size;
    }

    /** All files. */
    public synchronized List<Known> list() {
        List<Known> known = new ArrayList<>(size);
        for (int slot = 0; slot < slots.count(); slot++) {
            if (slots.directoryIds[slot] != FREE) {
                known.add(
                        new Known(
                                new FileVersion(slots.highs[slot], slots.lows[slot]),
                                directories.get(slots.directoryIds[slot] - 1),
                                slots.nameHashes[slot],
                                slots.askedMillis[slot],
                                slots.heats[slot]));
            }
        }
        return known;
    }

    /** Multiplies all heat by {@code factor}. */
    public synchronized void cool(double factor) {
        for (int slot = 0; slot < slots.count(); slot++) {
            slots.heats[slot] *= factor;
        }
    }

    /**
     * Whether bytes of {@code file} may still be on their way: a file is noted when it is asked
     * for, before anything of it is cached.
     */
    public boolean mayBeFetchedNow(Known file) {
        return file.askedMillis() > clock.millis() - FETCH_GRACE.toMillis();
    }

    /**
     * Forgets what is cached no longer.
     *
     * @param residentBytes of a file; 0: nothing
     */
    public void prune(ToLongFunction<FileVersion> residentBytes) {
        forget(
                list().stream()
                        .filter(file -> !mayBeFetchedNow(file))
                        .filter(file -> residentBytes.applyAsLong(file.version()) == 0)
                        .toList());
    }

    /** Forgets files that are cached no longer, but for those asked for since they were listed. */
    public synchronized void forget(List<Known> gone) {
        if (gone.isEmpty()) {
            return;
        }
        for (Known file : gone) {
            int slot = slots.find(file.version().high(), file.version().low());
            if (slots.directoryIds[slot] != FREE && slots.askedMillis[slot] == file.askedMillis()) {
                // Marked, and left out by the copy below: nothing is added between.
                slots.directoryIds[slot] = GONE;
                size--;
            }
        }
        int count = slots.count();
        while (count > LEAST_SLOTS && size * 4L < count) {
            count /= 2;
        }
        resize(count);
    }

    private void resize(int count) {
        Slots old = slots;
        List<Directory> oldDirectories = List.copyOf(directories);
        slots = new Slots(count);
        ids.clear();
        directories.clear();
        int[] newIds = new int[oldDirectories.size() + 1];
        for (int from = 0; from < old.count(); from++) {
            int oldId = old.directoryIds[from];
            if (oldId > FREE) {
                if (newIds[oldId] == FREE) {
                    newIds[oldId] = id(oldDirectories.get(oldId - 1));
                }
                int to = slots.find(old.highs[from], old.lows[from]);
                slots.highs[to] = old.highs[from];
                slots.lows[to] = old.lows[from];
                slots.directoryIds[to] = newIds[oldId];
                slots.nameHashes[to] = old.nameHashes[from];
                slots.askedMillis[to] = old.askedMillis[from];
                slots.heats[to] = old.heats[from];
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
}
