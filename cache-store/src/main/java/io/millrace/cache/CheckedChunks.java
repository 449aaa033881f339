package io.millrace.cache;

import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which chunks of an open file were found right of late, as long as nobody has written to the file
 * since. Reads of a part of a chunk need not check all of it each time.
 *
 * @param modified of the file, when the first of them was checked
 * @param nanos when each was checked, on the clock of {@link System#nanoTime}; 0: never
 */
record CheckedChunks(FileTime modified, AtomicLongArray nanos) {

    /** For how long a check holds: a disk that spoils bytes is noticed after that. */
    private static final long HOLDS_NANOS = Duration.ofSeconds(30).toNanos();

    CheckedChunks(FileTime modified, int chunks) {
        this(modified, new AtomicLongArray(chunks));
    }

    boolean isFresh(int chunk, long now) {
        long at = nanos.get(chunk);
        return at != 0 && now - at < HOLDS_NANOS;
    }

    void note(int chunk, long now) {
        nanos.set(chunk, now == 0 ? 1 : now);
    }
}
