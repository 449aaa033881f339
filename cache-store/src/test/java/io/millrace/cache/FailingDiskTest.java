package io.millrace.cache;

import static io.millrace.cache.TestFiles.await;
import static io.millrace.cache.TestFiles.putAll;
import static io.millrace.cache.TestFiles.read;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real ext4 whose kernel finds an error while the cache is in use: it is read-only at once, or
 * answers nothing but I/O errors. Needs root and a loop device.
 */
class FailingDiskTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;
    private static final TestFile BEFORE = new TestFile(1, CHUNK);
    private static final TestFile DURING = new TestFile(2, 2L * CHUNK);
    private static final TestFile AFTER = new TestFile(3, CHUNK);

    @TempDir Path root;

    private Path failing;
    private Path sound;
    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        failing = Files.createDirectories(root.resolve("failing"));
        sound = root.resolve("sound");
        Path image = root.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(40L << 20);
        }
        mounted =
                "root".equals(System.getProperty("user.name"))
                        && run("mkfs.ext4", "-q", "-F", image.toString())
                        && run(
                                "mount",
                                "-o",
                                "loop,errors=remount-ro",
                                image.toString(),
                                failing.toString());
        assumeTrue(mounted, "mounting an image is not allowed here");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertTrue(run("umount", failing.toString()), "nothing keeps the disk busy");
        }
    }

    @Test
    void aDiskThatFailsIsRetiredAndTheOtherTakesOver() throws Exception {
        try (CacheStore store = open(failing, sound)) {
            putAll(store, BEFORE);
            await(
                    "sealed",
                    () -> Files.exists(new CacheLayout(failing).complete(BEFORE.version())));
            try (CachedFile reading = store.openResident(BEFORE.version(), CHUNK).orElseThrow();
                    CachedFile filling = store.open(DURING.version(), DURING.length())) {
                assertEquals(CachedFile.Put.STORED, filling.put(0, DURING.chunk(0)));
                fail();
                assertEquals(CachedFile.Put.REFUSED, filling.put(1, DURING.chunk(1)));
                assertEquals(List.of(sound), store.paths());
                assertEquals(1, store.usage().retiredDirectories());
                assertTrue(store.openResident(BEFORE.version(), CHUNK).isEmpty());
                assertEquals(0, store.residentBytes(BEFORE.version()));
                assertTrue(store.drop(DURING.version()).isEmpty());
                assertFalse(filling.verify(1));
                assertEquals(CachedFile.Put.REFUSED, filling.put(1, DURING.chunk(1)));
                assertEquals(CHUNK, reading.residentBytes());
            }
            for (TestFile file : List.of(BEFORE, DURING, AFTER)) {
                putAll(store, file);
                assertEquals(file.length(), store.residentBytes(file.version()));
                try (CachedFile open =
                        store.openResident(file.version(), file.length()).orElseThrow()) {
                    assertEquals(file.chunk(0), read(open, file.length(), 0));
                }
            }
            assertEquals(3, store.usage().directories().getLast().files());
            assertEquals(20L * CHUNK, store.usage().capacityBytes());
        }
        try (CacheStore store = open(sound)) {
            await("recovered", () -> store.usage().recovered());
            assertEquals(3, store.usage().files());
        }
    }

    @Test
    void withoutAnotherDirectoryNothingIsCachedAndNothingFails() throws Exception {
        try (CacheStore store = open(failing)) {
            putAll(store, BEFORE);
            fail();
            putAll(store, AFTER);
            assertEquals(List.of(), store.paths());
            putAll(store, BEFORE);
            assertTrue(store.openResident(BEFORE.version(), CHUNK).isEmpty());
            assertEquals(0, store.usage().capacityBytes());
            await("forgotten", () -> store.usage().files() == 0);
        }
    }

    private void fail() throws IOException, InterruptedException {
        Process source = new ProcessBuilder("findmnt", "-no", "SOURCE", failing.toString()).start();
        String device = source.inputReader().readLine();
        assertEquals(0, source.waitFor());
        Files.writeString(
                Path.of("/sys/fs/ext4", Path.of(device).getFileName().toString())
                        .resolve("trigger_fs_error"),
                "as the test wants it");
    }

    private static CacheStore open(Path... directories) {
        CacheStore store =
                CacheStore.open(
                        new CacheSettings(
                                java.util.Arrays.stream(directories)
                                        .map(directory ->
                                                new CacheDirectorySettings(
                                                        directory,
                                                        new ByteCount(20L * CHUNK),
                                                        new ByteCount(0)))
                                        .toList(),
                                SyncPolicy.NEVER,
                                4,
                                EvictionKind.EPOCH,
                                new ByteCount(0)));
        await("recovered", () -> store.usage().recovered());
        return store;
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return process.waitFor() == 0;
    }
}
