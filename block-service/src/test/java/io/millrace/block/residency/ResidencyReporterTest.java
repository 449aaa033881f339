package io.millrace.block.residency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.block.TestWorkerParts;
import io.millrace.block.fill.FileObserver;
import io.millrace.block.known.KnownFiles;
import io.millrace.cache.CacheUsage;
import io.millrace.contracts.v1.DirectoryResidency;
import io.millrace.contracts.v1.ResidencySummary;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Summaries of a real cache. */
class ResidencyReporterTest {

    @TempDir Path directory;

    private final List<ResidencySummary> sent = new ArrayList<>();
    private KnownFiles known = new KnownFiles(0, InstantSource.system());
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private TestWorkerParts parts;

    @BeforeEach
    void open() throws IOException {
        parts = new TestWorkerParts(directory, 64L << 20);
        parts.object("top", 10);
        parts.object("a/x", 1_000);
        parts.object("a/y", 2_000);
        parts.object("a/b/z", 3 << 20);
    }

    @AfterEach
    void close() {
        parts.close();
    }

    private ResidencyReporter reporter(int files, Consumer<ResidencySummary> sender) {
        known = new KnownFiles(files, () -> now);
        ResidencyReporter reporter =
                new ResidencyReporter(
                        new WorkerId("w-1"),
                        new ResidencyReporter.Cache(
                                parts.cache::residentBytes,
                                () -> {
                                    CacheUsage usage = parts.cache.usage();
                                    return new ResidencyReporter.Totals(
                                            usage.files(), usage.usedBytes());
                                }),
                        sender,
                        () -> now,
                        known,
                        100);
        parts.filler.observe(known);
        return reporter;
    }

    private void read(String key) {
        FileSource file = parts.stat(key);
        parts.read(file, ByteRange.whole(file.length()));
    }

    private Map<String, DirectoryResidency> told() {
        return sent.getLast().getDirectoriesList().stream()
                .collect(Collectors.toMap(DirectoryResidency::getDirectory, Function.identity()));
    }

    private DirectoryResidency told(String path) {
        return told().getOrDefault(path, DirectoryResidency.getDefaultInstance());
    }

    @Test
    void whatIsReadAndLoadedIsToldByDirectory() {
        ResidencyReporter reporter = reporter(100, sent::add);
        read("top");
        read("a/x");
        read("a/x");
        FileSource loaded = parts.stat("a/y");
        parts.filler.load(loaded.fileVersion(), loaded, ByteRange.whole(loaded.length()));
        FileSource large = parts.stat("a/b/z");
        parts.read(large, ByteRange.between(0, 1));

        reporter.step();

        ResidencySummary summary = sent.getLast();
        assertEquals("w-1", summary.getWorkerId());
        assertEquals(now.toEpochMilli(), summary.getMadeMillis());
        assertEquals(
                Map.of(
                        "", directory("", 1, 10, 1),
                        "a", directory("a", 2, 3_000, 2),
                        "a/b", directory("a/b", 1, 1 << 20, 1)),
                told());
        assertEquals(0, summary.getUnknownFiles());
        assertEquals(0, summary.getUnknownBytes());
    }

    private static DirectoryResidency directory(String path, int files, long bytes, double heat) {
        return DirectoryResidency.newBuilder()
                .setMountId(TestWorkerParts.MOUNT)
                .setDirectory(path)
                .setFiles(files)
                .setResidentBytes(bytes)
                .setHeat(heat)
                .build();
    }

    @Test
    void anEmptyFileLeavesNoByteUnknown() throws IOException {
        ResidencyReporter reporter = reporter(100, sent::add);
        parts.object("empty", 0);
        FileSource empty = parts.stat("empty");
        parts.filler.load(empty.fileVersion(), empty, ByteRange.whole(0));
        read("a/x");

        reporter.step();

        assertEquals(0, sent.getLast().getUnknownBytes());
        assertEquals(1_000, told("a").getResidentBytes());
    }

    @Test
    void heatHalvesInAnHour() {
        ResidencyReporter reporter = reporter(100, sent::add);
        read("top");
        read("top");

        now = now.plus(Duration.ofHours(1));
        reporter.step();
        assertEquals(1.0, told("").getHeat(), 1e-9);

        now = now.plus(Duration.ofHours(2));
        reporter.step();
        assertEquals(0.25, told("").getHeat(), 1e-9);
    }

    @Test
    void whatIsDroppedIsToldNoLonger() {
        ResidencyReporter reporter = reporter(100, sent::add);
        read("top");
        read("a/x");
        parts.cache.drop(parts.stat("top").fileVersion());

        now = now.plus(Duration.ofMinutes(11));
        reporter.step();

        assertEquals(List.of("a"), List.copyOf(told().keySet()));
        assertEquals(1, known.size());
    }

    @Test
    void aFileWhoseBytesAreOnTheirWayIsNotForgotten() {
        ResidencyReporter reporter = reporter(100, sent::add);
        FileSource file = parts.stat("a/x");
        known.loaded(file.fileVersion(), file);
        reporter.step();
        assertEquals(0, sent.getLast().getDirectoriesCount());

        parts.filler.observe(FileObserver.NONE);
        read("a/x");
        reporter.step();

        assertEquals(1_000, told("a").getResidentBytes());
        assertEquals(0, sent.getLast().getUnknownFiles());
    }

    @Test
    void whatWasCachedBeforeTheStartIsUnknownUntilItIsReadAgain() {
        reporter(100, sent::add);
        read("a/x");
        read("a/y");
        ResidencyReporter afterRestart = reporter(100, sent::add);

        afterRestart.step();
        assertEquals(2, sent.getLast().getUnknownFiles());
        assertEquals(3_000, sent.getLast().getUnknownBytes());

        read("a/y");
        afterRestart.step();
        assertEquals(1, sent.getLast().getUnknownFiles());
        assertEquals(1_000, sent.getLast().getUnknownBytes());
        assertEquals(2_000, told("a").getResidentBytes());
    }

    @Test
    void filesBeyondTheMostAreToldAsUnknown() {
        ResidencyReporter reporter = reporter(1, sent::add);
        read("a/x");
        read("a/y");

        reporter.step();

        assertEquals(1_000, told("a").getResidentBytes());
        assertEquals(2_000, sent.getLast().getUnknownBytes());
    }

    @Test
    void aSummaryThatCouldNotBeSentIsFollowedByAWholeOne() {
        List<RuntimeException> failures = new ArrayList<>(List.of(new IllegalStateException()));
        ResidencyReporter reporter =
                reporter(
                        100,
                        summary -> {
                            if (!failures.isEmpty()) {
                                throw failures.removeFirst();
                            }
                            sent.add(summary);
                        });
        read("a/x");

        assertThrows(IllegalStateException.class, reporter::step);
        reporter.step();

        assertEquals(1_000, told("a").getResidentBytes());
    }
}
