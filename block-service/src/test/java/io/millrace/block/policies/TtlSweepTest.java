package io.millrace.block.policies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.TestWorkerParts;
import io.millrace.block.known.KnownFiles;
import io.millrace.contracts.v1.Mount;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TTLs over a real cache. */
class TtlSweepTest {

    private static final PathPolicy HOUR =
            new PathPolicy(null, Duration.ofHours(1), null, null, null, null);
    private static final PathPolicy DAY =
            new PathPolicy(null, Duration.ofDays(1), null, null, null, null);
    private static final PathPolicy PIN = new PathPolicy(true, null, null, null, null, null);

    @TempDir Path directory;

    private final WorkerPolicies policies = new WorkerPolicies();
    private final Map<NamespacePath, PathPolicy> byPath = new HashMap<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final KnownFiles known = new KnownFiles(1_000, () -> now);

    @SuppressWarnings("NullAway.Init")
    private TestWorkerParts parts;

    @BeforeEach
    void open() throws IOException {
        parts = new TestWorkerParts(directory, 64L << 20);
        parts.filler.observe(known);
        policies.mounts(
                List.of(
                        Mount.newBuilder()
                                .setId(TestWorkerParts.MOUNT)
                                .setPath("/x/data")
                                .build()));
        for (String key : List.of("top", "a/x", "a/y", "a/b/z")) {
            parts.object(key, 1_000);
            read(key);
        }
    }

    @AfterEach
    void close() {
        parts.close();
    }

    private void set(String path, PathPolicy policy) {
        byPath.put(NamespacePath.parse(path), policy);
        policies.policies(new PathPolicies(byPath));
    }

    private void read(String key) {
        FileSource file = parts.stat(key);
        parts.read(file, ByteRange.whole(file.length()));
    }

    private boolean isCached(String key) {
        return parts.cache.residentBytes(parts.stat(key).fileVersion()) > 0;
    }

    private List<String> cached() {
        return List.of("top", "a/x", "a/y", "a/b/z").stream().filter(this::isCached).toList();
    }

    private TtlSweep sweep(int most) {
        return new TtlSweep(known, policies, parts.cache::drop, () -> now, most);
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    @Test
    void whatNobodyReadForItsTtlIsFreedAndTheRestStays() {
        set("/x/data/a", HOUR);
        TtlSweep sweep = sweep(100);
        pass(Duration.ofMinutes(59));
        assertFalse(sweep.step());
        assertEquals(4, cached().size());
        read("a/x");
        pass(Duration.ofMinutes(1));

        assertFalse(sweep.step());

        assertEquals(List.of("top", "a/x"), cached());
        assertEquals(2, sweep.freedFiles());
        assertEquals(2_000, sweep.freedBytes());
        assertEquals(2, known.size());
    }

    @Test
    void theBucketKeepsWhatIsFreed() {
        set("/x/data", HOUR);
        pass(Duration.ofHours(2));
        sweep(100).step();
        assertEquals(List.of(), cached());

        read("a/x");

        assertEquals(List.of("a/x"), cached());
    }

    @Test
    void theNearestTtlCounts() {
        set("/x/data", HOUR);
        set("/x/data/a/b", DAY);
        pass(Duration.ofHours(2));

        sweep(100).step();

        assertEquals(List.of("a/b/z"), cached());
    }

    @Test
    void aFileMayHaveATtlOfItsOwn() {
        set("/x/data/a/x", HOUR);
        set("/x/data/top", HOUR);
        pass(Duration.ofHours(2));

        sweep(100).step();

        assertEquals(List.of("a/y", "a/b/z"), cached());
    }

    @Test
    void pinnedFilesStay() {
        set("/x/data", HOUR);
        set("/x/data/a", PIN);
        pass(Duration.ofHours(2));

        sweep(100).step();

        assertEquals(List.of("a/x", "a/y", "a/b/z"), cached());
    }

    @Test
    void aLoadCountsAsUse() {
        set("/x/data", HOUR);
        pass(Duration.ofMinutes(59));
        FileSource file = parts.stat("a/x");
        parts.filler.load(file.fileVersion(), file, ByteRange.whole(file.length()));
        pass(Duration.ofMinutes(2));

        sweep(100).step();

        assertEquals(List.of("a/x"), cached());
    }

    @Test
    void oneStepFreesNoMoreThanItMay() {
        set("/x/data", HOUR);
        pass(Duration.ofHours(2));
        TtlSweep sweep = sweep(3);

        assertTrue(sweep.step());
        assertEquals(1, cached().size());
        assertFalse(sweep.step());
        assertEquals(List.of(), cached());
    }

    @Test
    void withoutTheMountOrThePoliciesNothingIsFreed() {
        set("/x/data", HOUR);
        pass(Duration.ofDays(400));
        policies.mounts(List.of());
        sweep(100).step();
        assertEquals(4, cached().size());

        policies.mounts(
                List.of(
                        Mount.newBuilder()
                                .setId(TestWorkerParts.MOUNT)
                                .setPath("/elsewhere")
                                .build()));
        sweep(100).step();

        assertEquals(4, cached().size());
    }

    @Test
    void aKeyIsFoundLikeItsPath() {
        set("/x/data/a", PIN);

        assertTrue(policies.effective(TestWorkerParts.MOUNT, "a/b/z").isPinned());
        assertFalse(policies.effective(TestWorkerParts.MOUNT, "ab").isPinned());
        assertFalse(policies.effective(99, "a/b/z").isPinned());
    }
}
