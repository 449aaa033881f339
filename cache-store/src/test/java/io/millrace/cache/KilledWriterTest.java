package io.millrace.cache;

import static io.millrace.cache.TestFiles.await;
import static io.millrace.cache.TestFiles.putAll;
import static io.millrace.cache.TestFiles.read;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that fills, seals, moves and evicts as fast as it can is killed at any moment, again
 * and again: what is found afterwards is right, is in one directory, and is in the budget.
 */
class KilledWriterTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;
    private static final int FILES = 30;
    private static final int KILLS = 12;

    @TempDir Path root;

    @Test
    void whatAKilledProcessLeavesIsRightOrNotThere() throws Exception {
        long seed = Long.getLong("millrace.seed", System.nanoTime());
        System.out.println("KilledWriterTest -Dmillrace.seed=" + seed);
        Random random = new Random(seed);
        long moved = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            Process writer =
                    new ProcessBuilder(
                                    ProcessHandle.current().info().command().orElseThrow(),
                                    "-Xmx64m",
                                    "-XX:+UseSerialGC",
                                    "--enable-native-access=ALL-UNNAMED",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    Writer.class.getName(),
                                    root.toString(),
                                    Long.toString(random.nextLong()))
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            assertEquals("writing", writer.inputReader().readLine());
            boolean ended = writer.waitFor(random.nextInt(400), TimeUnit.MILLISECONDS);
            assertFalse(ended, "it ended by itself");
            writer.destroyForcibly().waitFor();
            moved += examine("seed " + seed + " kill " + kill);
        }
        assertTrue(moved > 0, "no kill found anything in the slow directory");
    }

    /** Tells how many files lie in the second directory. */
    private long examine(String context) throws IOException {
        try (CacheStore store = open(root)) {
            await("recovered", () -> store.usage().recovered());
            long resident = 0;
            for (int number = 0; number < FILES; number++) {
                TestFile file = file(number);
                assertRight(store, file, context + " " + file);
                assertFalse(
                        Files.exists(name("fast", file)) && Files.exists(name("slow", file)),
                        context + " " + file + " is there twice");
                resident += store.residentBytes(file.version());
            }
            assertEquals(resident, store.usage().usedBytes(), context);
            assertEquals(List.of(), strangers(), context);
            assertEquals(0, store.usage().corruptChunks(), context);
            return store.usage().directories().getLast().files();
        }
    }

    private List<Path> strangers() throws IOException {
        List<Path> strangers = new ArrayList<>();
        for (String disk : List.of("fast", "slow")) {
            try (Stream<Path> all = Files.walk(new CacheLayout(root.resolve(disk)).files())) {
                all.filter(Files::isRegularFile)
                        .filter(file -> CacheLayout.versionOf(file).isEmpty())
                        .forEach(strangers::add);
            }
        }
        return strangers;
    }

    private void assertRight(CacheStore store, TestFile file, String context) throws IOException {
        try (CacheReader reader =
                CacheReaders.open(List.of(root.resolve("fast"), root.resolve("slow")))) {
            Optional<ResidentFile> byName = reader.open(file.version(), file.length());
            if (byName.isPresent()) {
                try (ResidentFile open = byName.get()) {
                    for (int chunk = 0; chunk < file.chunks(); chunk++) {
                        if (open.isResident(BlockLayout.chunkRange(chunk, file.length()))) {
                            assertEquals(
                                    file.chunk(chunk), read(open, file.length(), chunk), context);
                        }
                    }
                }
            }
        }
        if (Files.exists(name("fast", file)) || Files.exists(name("slow", file))) {
            assertEquals(
                    new Verification.Verified(file.length()),
                    store.verify(file.version()),
                    context);
        } else {
            assertFalse(store.verify(file.version()) instanceof Verification.Dropped, context);
        }
    }

    private Path name(String disk, TestFile file) {
        return new CacheLayout(root.resolve(disk)).complete(file.version());
    }

    private static TestFile file(int number) {
        return new TestFile(number, number % 3 * (long) CHUNK + 100 + number);
    }

    private static CacheStore open(Path root) {
        return CacheStore.open(
                new CacheSettings(
                        List.of(
                                new CacheDirectorySettings(
                                        root.resolve("fast"),
                                        new ByteCount(8L * CHUNK),
                                        new ByteCount(0)),
                                new CacheDirectorySettings(
                                        root.resolve("slow"),
                                        new ByteCount(12L * CHUNK),
                                        new ByteCount(0))),
                        SyncPolicy.COMPLETE,
                        4,
                        EvictionKind.LRU,
                        new ByteCount(1L << 30)));
    }

    /** The process that is killed. */
    static final class Writer {
        public static void main(String[] arguments) throws IOException {
            Random random = new Random(Long.parseLong(arguments[1]));
            CacheStore store = open(Path.of(arguments[0]));
            await("recovered", () -> store.usage().recovered());
            System.out.println("writing");
            for (; ; ) {
                TestFile file = file(random.nextInt(FILES));
                switch (random.nextInt(4)) {
                    case 0 -> store.drop(file.version());
                    case 1 -> putAll(store, file);
                    default ->
                            store.openResident(file.version(), file.length())
                                    .ifPresent(CachedFile::close);
                }
            }
        }
    }
}
