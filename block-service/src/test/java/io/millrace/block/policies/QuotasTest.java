package io.millrace.block.policies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.TestWorkerParts;
import io.millrace.block.known.KnownFiles;
import io.millrace.contracts.v1.Mount;
import io.millrace.model.ByteCount;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quotas over a real cache that has room for everything. This worker has half of the ring. */
class QuotasTest {

    private static final int FILE = 1 << 20;

    @TempDir Path directory;

    private final WorkerPolicies policies = new WorkerPolicies();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final KnownFiles known = new KnownFiles(1_000, () -> now);

    @SuppressWarnings("NullAway.Init")
    private TestWorkerParts parts;

    @SuppressWarnings("NullAway.Init")
    private Quotas quotas;

    @BeforeEach
    void open() throws IOException {
        parts = new TestWorkerParts(directory, 64L * FILE);
        parts.view.update(
                new Ring(
                        1,
                        64,
                        List.of(
                                new Ring.Member(parts.view.self(), 5, false),
                                new Ring.Member(new WorkerId("other"), 5, false))),
                Map.of());
        quotas =
                new Quotas(
                        policies,
                        parts.view,
                        known,
                        parts.cache::residentBytes,
                        version -> {
                            var _ = parts.cache.drop(version);
                        });
        parts.quota = quotas;
        parts.filler.observe(known);
        policies.mounts(
                List.of(Mount.newBuilder().setId(TestWorkerParts.MOUNT).setPath("/data").build()));
    }

    @AfterEach
    void close() {
        parts.close();
    }

    @Test
    void aPathKeepsNoMoreThanThisWorkersShareOfItsQuota() throws IOException {
        quota(Map.of("/data/a", 8));
        read("a", 10);
        read("b", 10);
        assertEquals(4, resident("a", 10));
        assertEquals(10, resident("b", 10));
        assertEquals(6L * FILE, quotas.refusedBytes());
        quotas.step();
        read("a", 10);
        assertEquals(4, resident("a", 10));
    }

    @Test
    void everyQuotaOnTheWayHolds() throws IOException {
        quota(Map.of("/data", 12, "/data/a", 8));
        read("a", 10);
        read("b", 10);
        assertEquals(4, resident("a", 10));
        assertEquals(2, resident("b", 10));
    }

    @Test
    void whatWasFreedMayBeUsedAgain() throws IOException {
        quota(Map.of("/data/a", 8));
        read("a", 4);
        for (int i = 0; i < 4; i++) {
            var _ = parts.cache.drop(parts.stat("a/" + i).fileVersion());
        }
        quotas.step();
        read("a", 10);
        assertEquals(4, resident("a", 10));
    }

    @Test
    void aSmallerQuotaFreesWhatWasAskedForLongestAgo() throws IOException {
        read("a", 6);
        quota(Map.of("/data/a", 6));
        quotas.step();
        assertEquals(3, resident("a", 6));
        for (int i = 3; i < 6; i++) {
            assertEquals(FILE, parts.cache.residentBytes(parts.stat("a/" + i).fileVersion()));
        }
    }

    @Test
    void aLoadThatFindsNoRoomNamesTheQuota() throws IOException {
        quota(Map.of("/data/a", 2));
        read("a", 1);
        parts.object("a/more", FILE);
        FileSource more = parts.stat("a/more");
        MillraceException e =
                assertThrows(
                        MillraceException.class,
                        () -> parts.filler.load(more.fileVersion(), more, ByteRange.whole(FILE)));
        assertEquals(ErrorCode.NO_SPACE, e.code());
        assertTrue(e.getMessage().contains("quota of /data/a"), e.getMessage());
    }

    private void quota(Map<String, Integer> filesByPath) {
        Map<NamespacePath, PathPolicy> byPath = new HashMap<>();
        filesByPath.forEach((path, files) ->
                byPath.put(
                        NamespacePath.parse(path),
                        new PathPolicy(
                                null, null, null, new ByteCount((long) files * FILE), null, null)));
        policies.policies(new PathPolicies(byPath));
    }

    private void read(String path, int files) throws IOException {
        for (int i = 0; i < files; i++) {
            now = now.plusSeconds(1);
            String key = path + "/" + i;
            if (!Files.exists(parts.source.resolve(key))) {
                parts.object(key, FILE);
            }
            FileSource file = parts.stat(key);
            parts.read(file, ByteRange.whole(FILE));
        }
    }

    private int resident(String path, int files) {
        int count = 0;
        for (int i = 0; i < files; i++) {
            count +=
                    parts.cache.residentBytes(parts.stat(path + "/" + i).fileVersion()) == FILE
                            ? 1
                            : 0;
        }
        return count;
    }
}
