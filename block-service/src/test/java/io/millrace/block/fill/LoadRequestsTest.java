package io.millrace.block.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.TestWorkerParts;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadRequestsTest {

    private static final int MIB = 1 << 20;
    private static final FillSettings SETTINGS =
            new FillSettings(8, 4, 4L << 20, 0, 16L << 20, Duration.ofSeconds(10));
    private static final BlockLayout LAYOUT = new BlockLayout(6 * MIB);

    @TempDir Path directory;

    @Test
    void whatIsForetoldIsWhatALoadAsksTheBucketFor() throws IOException {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (TestWorkerParts parts = new TestWorkerParts(directory, 400 * MIB, SETTINGS)) {
            LoadRequests requests = new LoadRequests(parts.cache, SETTINGS);
            int all = 0;
            for (int i = 0; i < 25; i++) {
                int length = random.nextInt(4) == 0 ? random.nextInt(3) : random.nextInt(20 * MIB);
                parts.object("o" + i, length);
                FileSource file = parts.stat("o" + i);
                for (int reads = random.nextInt(4); length > 0 && reads > 0; reads--) {
                    long offset = random.nextInt(length);
                    long bytes = Math.min(length - offset, 1 + random.nextInt(2 * MIB));
                    parts.read(file, new ByteRange(offset, bytes));
                }
                List<Integer> blocks =
                        IntStream.range(0, LAYOUT.blocks(length))
                                .filter(block -> random.nextInt(5) > 0)
                                .boxed()
                                .toList();

                LoadRequests.Missing foretold = requests.missing(file, LAYOUT, blocks);
                long before = parts.counts.calls(Verb.READ);
                long bytesBefore = parts.counts.bytes();
                for (int block : blocks) {
                    parts.filler.load(file.fileVersion(), file, LAYOUT.range(block, length));
                }

                assertEquals(
                        foretold,
                        new LoadRequests.Missing(
                                parts.counts.bytes() - bytesBefore,
                                Math.toIntExact(parts.counts.calls(Verb.READ) - before)),
                        "seed " + seed + ": object o" + i);
                assertEquals(
                        new LoadRequests.Missing(0, 0), requests.missing(file, LAYOUT, blocks));
                all += foretold.requests();
            }
            assertTrue(all > 10, "seed " + seed + ": only " + all + " requests");
        }
    }

    @Test
    void aBlockThatTheFileDoesNotHaveIsNoRequest() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB, SETTINGS)) {
            parts.object("a", MIB);
            LoadRequests requests = new LoadRequests(parts.cache, SETTINGS);

            assertEquals(
                    new LoadRequests.Missing(MIB, 1),
                    requests.missing(parts.stat("a"), LAYOUT, List.of(-1, 0, 1, 7)));
        }
    }
}
