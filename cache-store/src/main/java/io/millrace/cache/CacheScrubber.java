package io.millrace.cache;

import io.millrace.model.ByteCount;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the complete files of one cache directory again and again, slowly, and has those dropped
 * whose bytes have changed. It goes by the names on disk, and keeps there how far it is, so that it
 * goes on after a restart.
 */
final class CacheScrubber {

    /**
     * Where a pass is.
     *
     * @param after the directory it has done last, as {@code ab/cd}; empty: none yet
     * @param startMillis when it began
     */
    record Position(String after, long startMillis) {

        private static final Position UNKNOWN = new Position("", 0);

        static Position parse(String text) {
            String[] parts = text.split(" ", -1);
            try {
                return parts.length == 2 && parts[0].matches("([0-9a-f]{2}/[0-9a-f]{2})?")
                        ? new Position(parts[0], Long.parseLong(parts[1]))
                        : UNKNOWN;
            } catch (NumberFormatException e) {
                return UNKNOWN;
            }
        }

        String text() {
            return after + " " + startMillis;
        }
    }

    private static final Logger LOG = System.getLogger(CacheScrubber.class.getName());
    private static final long NOTE_MILLIS = 10_000;

    /** Between one directory of a few files and the next. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Between two passes: what a small cache holds is not read over and over. */
    private static final long PASS_NANOS = TimeUnit.MINUTES.toNanos(10);

    private static final Duration ENDING = Duration.ofSeconds(1);

    private final CacheTier tier;
    private final CacheVerifier verifier;
    private final InstantSource clock;
    private final BooleanSupplier closed;
    private Position position = Position.UNKNOWN;
    private long notedMillis;
    private List<String> waiting = List.of();
    private volatile @Nullable Thread thread;
    private volatile long bytes;
    private volatile long passMillis;

    CacheScrubber(
            CacheTier tier, CacheVerifier verifier, BooleanSupplier closed, InstantSource clock) {
        this.tier = tier;
        this.verifier = verifier;
        this.closed = closed;
        this.clock = clock;
    }

    private boolean isStopped() {
        return closed.getAsBoolean() || tier.isRetired();
    }

    /** Goes on where the last process was. */
    void resume() throws IOException {
        position = Position.parse(tier.directory().scrubPosition());
        if (position.startMillis() == 0) {
            position = new Position("", clock.millis());
        }
        notedMillis = clock.millis();
    }

    /**
     * Verifies the files of the next directory of a few; after the last the next pass begins.
     *
     * @return bytes that were read
     */
    long step() throws IOException {
        if (waiting.isEmpty()) {
            waiting = namesAfter(position.after());
        }
        if (waiting.isEmpty()) {
            long took = Math.max(1, clock.millis() - position.startMillis());
            position = new Position("", clock.millis());
            note();
            passMillis = took;
            return 0;
        }
        String name = waiting.getFirst();
        long read = 0;
        for (Path file : children(tier.layout().files().resolve(name))) {
            if (isStopped()) {
                return read;
            }
            if (FileVersion.isFileVersion(file.getFileName().toString())) {
                read += verify(FileVersion.parse(file.getFileName().toString()));
            }
        }
        bytes = bytes + read;
        waiting = waiting.subList(1, waiting.size());
        position = new Position(name, position.startMillis());
        if (clock.millis() - notedMillis >= NOTE_MILLIS) {
            note();
        }
        return read;
    }

    private long verify(FileVersion version) {
        return switch (verifier.verify(version)) {
            case Verification.Verified(long read) -> read;
            case Verification.Dropped(long read) -> read;
            case Verification.Absent() -> 0;
        };
    }

    /** Directories of one first level, so that no more names than 256 are held. */
    private List<String> namesAfter(String after) throws IOException {
        for (Path outer : children(tier.layout().files())) {
            String first = outer.getFileName().toString();
            if (after.isEmpty() || first.compareTo(after.substring(0, 2)) >= 0) {
                List<String> names = new ArrayList<>();
                for (Path inner : children(outer)) {
                    String name = first + "/" + inner.getFileName();
                    if (name.compareTo(after) > 0) {
                        names.add(name);
                    }
                }
                if (!names.isEmpty()) {
                    return names;
                }
            }
        }
        return List.of();
    }

    private static List<Path> children(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(directory)) {
            return children.sorted().toList();
        }
    }

    /** Keeps the position on disk; to be called once more at the end. */
    void note() throws IOException {
        tier.directory().keepScrubPosition(position.text());
        notedMillis = clock.millis();
    }

    /**
     * Begins to scrub, until the cache is closed or the disk fails.
     *
     * @param rate most bytes each second, over each directory of a few files; 0: none
     */
    void start(ByteCount rate) {
        if (rate.bytes() > 0) {
            thread =
                    Thread.ofPlatform().daemon().name("cache-scrub").start(() -> run(rate.bytes()));
        }
    }

    /** Whether it has ended, once the cache is closed; what it does is a read of one file. */
    boolean awaitEnd() throws InterruptedException {
        Thread running = thread;
        return running == null || running.join(ENDING);
    }

    private void run(long bytesPerSecond) {
        try {
            resume();
            while (!isStopped()) {
                long started = System.nanoTime();
                long read = step();
                long due = started + stepNanos(read, bytesPerSecond);
                while (!isStopped() && due - System.nanoTime() > 0) {
                    Thread.sleep(Math.clamp((due - System.nanoTime()) / 1_000_000, 1, 100));
                }
            }
            if (!tier.isRetired()) {
                note();
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "scrubbing of {0} ended: {1}", tier.path(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How long the step that was just made and has read so much takes, with the pause after it. */
    long stepNanos(long read, long bytesPerSecond) {
        long least = position.after().isEmpty() ? PASS_NANOS : STEP_NANOS;
        return Math.max(least, read * 1_000_000_000L / bytesPerSecond);
    }

    /** Read so far, by this process. */
    long bytes() {
        return bytes;
    }

    /** How long the last whole pass took; 0: none has ended yet. */
    long passMillis() {
        return passMillis;
    }
}
