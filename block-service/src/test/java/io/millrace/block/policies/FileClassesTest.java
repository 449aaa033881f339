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
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Policies over a real cache that holds eight of the files. */
class FileClassesTest {

    private static final int FILE = 1 << 20;
    private static final PathPolicy PIN = new PathPolicy(true, null, null, null, null, null);
    private static final PathPolicy LRU =
            new PathPolicy(null, null, null, null, null, PathPolicy.Eviction.LRU);

    @TempDir Path directory;

    private final WorkerPolicies policies = new WorkerPolicies();
    private final KnownFiles known = new KnownFiles(1_000, InstantSource.system());

    @SuppressWarnings("NullAway.Init")
    private TestWorkerParts parts;

    @SuppressWarnings("NullAway.Init")
    private FileClasses classes;

    @BeforeEach
    void open() throws IOException {
        parts = new TestWorkerParts(directory, 8L * FILE);
        classes = new FileClasses(policies, known, parts.cache::classify, () -> true);
        parts.classes = classes::of;
        parts.filler.observe(known);
        policies.mounts(
                List.of(Mount.newBuilder().setId(TestWorkerParts.MOUNT).setPath("/data").build()));
    }

    @AfterEach
    void close() {
        parts.close();
    }

    @Test
    void pinnedFilesStayWhateverElseIsReadAndGoOnceTheyAreNotPinned() throws IOException {
        policies(Map.of("/data", LRU, "/data/kept", PIN));
        FileSource kept = read("kept/file");
        readOthers("a");
        assertTrue(isResident(kept));

        policies(Map.of("/data", LRU));
        classes.step();
        readOthers("b");
        assertFalse(isResident(kept));
    }

    @Test
    void aFileThatIsResidentIsPinnedWithoutBeingReadAgain() throws IOException {
        policies(Map.of("/data", LRU));
        FileSource kept = read("kept/file");
        policies(Map.of("/data", LRU, "/data/kept/file", PIN));
        classes.step();
        readOthers("a");
        assertTrue(isResident(kept));
    }

    @Test
    void aLowerPriorityMakesRoomForAHigherAndNotTheOtherWay() throws IOException {
        policies(Map.of("/data/low", priority(2), "/data/high", priority(8)));
        FileSource low = read("low/file");
        for (int i = 0; i < 8; i++) {
            read("high/" + i);
        }
        assertFalse(isResident(low));
        assertFalse(isResident(read("low/file")));
        assertEquals(8L * FILE, parts.cache.usage().usedBytes());
    }

    private static PathPolicy priority(int priority) {
        return new PathPolicy(null, null, null, null, priority, null);
    }

    private void policies(Map<String, PathPolicy> byPath) {
        Map<NamespacePath, PathPolicy> parsed = new java.util.HashMap<>();
        byPath.forEach((path, policy) -> parsed.put(NamespacePath.parse(path), policy));
        policies.policies(new PathPolicies(parsed));
    }

    private void readOthers(String name) throws IOException {
        for (int i = 0; i < 20; i++) {
            read("others/" + name + i);
        }
    }

    private FileSource read(String key) throws IOException {
        if (!java.nio.file.Files.exists(parts.source.resolve(key))) {
            parts.object(key, FILE);
        }
        FileSource file = parts.stat(key);
        parts.read(file, ByteRange.whole(FILE));
        return file;
    }

    private boolean isResident(FileSource file) {
        return parts.cache.residentBytes(file.fileVersion()) == FILE;
    }
}
