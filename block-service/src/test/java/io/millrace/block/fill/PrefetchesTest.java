package io.millrace.block.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.Eventually;
import io.millrace.block.TestWorkerParts;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrefetchesTest {

    private static final int SMALL = 100_000;

    @TempDir Path directory;

    private static List<FileSource> files(TestWorkerParts parts, int count) throws IOException {
        List<FileSource> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.object("set/" + i, SMALL);
            files.add(parts.stat("set/" + i));
        }
        return files;
    }

    private static boolean isResident(TestWorkerParts parts, FileSource file) {
        return parts.cache.residentBytes(file.fileVersion()) == file.length();
    }

    @Test
    void whatWasAskedForAheadIsReadWithoutTheUnderStore() throws Exception {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 << 20)) {
            List<FileSource> files = files(parts, 40);
            Prefetches prefetches = new Prefetches(parts.filler, 100, 4);
            assertEquals(40, prefetches.offer(files));
            Eventually.holds(
                    "all are resident",
                    () -> files.stream().allMatch(file -> isResident(parts, file)));
            assertEquals(40, parts.counts.calls(Verb.READ));
            for (FileSource file : files) {
                assertEquals(SMALL, parts.read(file, ByteRange.whole(SMALL)).length);
            }
            assertEquals(40, parts.counts.calls(Verb.READ));
        }
    }

    @Test
    void noMoreWaitThanAreAllowed() throws Exception {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 << 20)) {
            Prefetches prefetches = new Prefetches(parts.filler, 10, 0);
            assertEquals(10, prefetches.offer(files(parts, 40)));
            assertEquals(10, prefetches.waiting());
            prefetches.stop();
            assertEquals(0, prefetches.waiting());
        }
    }

    @Test
    void noMoreWaitThanTheCacheHasRoomFor() throws Exception {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 2 << 20)) {
            Prefetches prefetches = new Prefetches(parts.filler, 100, 0);
            int taken = prefetches.offer(files(parts, 40));
            assertTrue(taken > 0 && taken * (long) SMALL <= 2 << 20, taken + " taken");
        }
    }
}
