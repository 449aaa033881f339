package io.millrace.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk of 8 MiB that is really full. Needs root for the mount. */
class FullDiskTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;

    @TempDir Path directory;

    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        boolean root = "root".equals(System.getProperty("user.name"));
        if (root) {
            mounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", directory.toString());
        }
        if (!mounted) {
            System.out.println("FullDiskTest skipped: mounting a tmpfs is not allowed here");
        }
        assumeTrue(mounted, "mounting a tmpfs is not allowed here");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertTrue(run("umount", "-l", directory.toString()));
        }
    }

    @Test
    void aFullDiskRefusesChunksThatFindNoRoomAndServesTheRest() throws IOException {
        TestFile file = new TestFile(1, 20L * CHUNK);
        try (CacheStore store = open(0);
                CachedFile open = store.open(file.version(), file.length())) {
            int stored = 0;
            for (int chunk = 0; chunk < file.chunks(); chunk++) {
                if (open.put(chunk, file.chunk(chunk)) == CachedFile.Put.STORED) {
                    stored++;
                }
            }
            assertTrue(stored >= 6 && stored <= 8, stored + " chunks stored");
            assertEquals((long) stored * CHUNK, store.usage().usedBytes());
            for (int chunk = 0; chunk < stored; chunk++) {
                assertEquals(file.chunk(chunk), TestFiles.read(open, file.length(), chunk));
            }
            assertEquals(0, store.usage().writeFailures());
        }
    }

    @Test
    void aFullDiskMakesRoomByDroppingUnusedFiles() {
        try (CacheStore store = open(0)) {
            for (int number = 0; number < 30; number++) {
                TestFile file = new TestFile(number, CHUNK);
                TestFiles.putAll(store, file);
                TestFiles.await(
                        "resident " + file,
                        () -> {
                            TestFiles.putAll(store, file);
                            return store.residentBytes(file.version()) == CHUNK;
                        });
            }
            assertTrue(store.usage().evictedFiles() >= 22, store.usage().toString());
            assertEquals(0, store.usage().writeFailures());
        }
    }

    @Test
    void theReserveOfTheDiskStaysFree() {
        try (CacheStore store = open(4L * CHUNK)) {
            for (int number = 0; number < 10; number++) {
                TestFiles.putAll(store, new TestFile(number, CHUNK));
            }
            assertTrue(store.usage().usedBytes() <= 4L * CHUNK, store.usage().toString());
            assertTrue(store.usage().usedBytes() >= 3L * CHUNK, store.usage().toString());
            assertTrue(directory.toFile().getUsableSpace() >= 4L * CHUNK - CHUNK / 2);
        }
    }

    private CacheStore open(long reserve) {
        return CacheStore.open(
                new CacheSettings(
                                directory,
                                new ByteCount(100L * CHUNK),
                                new ByteCount(reserve),
                                SyncPolicy.COMPLETE,
                                4)
                        .with(EvictionKind.LRU));
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        int exit = process.waitFor();
        if (exit != 0) {
            System.out.println(Arrays.toString(command) + " ended with " + exit);
        }
        return exit == 0;
    }
}
