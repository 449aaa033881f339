package io.millrace.cache;

import static io.millrace.cache.TestFiles.read;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random operations beside a model that knows what was put: the cache may lose what it likes, and
 * must never give other bytes, hold more than its budget, or lose without a reason.
 */
class CacheModelTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;
    private static final int STEPS = 600;
    private static final int CAPACITY_CHUNKS = 12;

    @TempDir Path directory;
    private EvictionKind eviction = EvictionKind.LRU;
    private List<Path> directories = List.of();

    @ParameterizedTest
    @CsvSource({"LRU, 1", "S3_FIFO, 1", "EPOCH, 1", "LRU, 3", "S3_FIFO, 2", "EPOCH, 2"})
    void neverAWrongByteNeverOverBudget(EvictionKind kind, int count) throws IOException {
        eviction = kind;
        directories =
                IntStream.range(0, count)
                        .mapToObj(number -> directory.resolve("disk-" + number))
                        .toList();
        long seed = Long.getLong("millrace.seed", System.nanoTime());
        System.out.println("CacheModelTest -Dmillrace.seed=" + seed);
        Random random = new Random(seed);
        TestFile[] files = new TestFile[10];
        for (int number = 0; number < files.length; number++) {
            files[number] =
                    new TestFile(
                            number, 1 + random.nextInt(4) * (long) CHUNK + random.nextInt(CHUNK));
        }
        Map<TestFile, BitSet> put = new HashMap<>();
        CacheStore store = open();
        CacheReader reader = CacheReaders.open(directories);
        try {
            for (int step = 0; step < STEPS; step++) {
                TestFile file = files[random.nextInt(files.length)];
                String context =
                        "seed " + seed + " step " + step + " file " + file + " " + kind + " "
                                + count;
                switch (random.nextInt(20)) {
                    case 0 -> {
                        store.close();
                        store = open();
                    }
                    case 1 -> {
                        store.abandon();
                        store = open();
                    }
                    case 2 -> {
                        store.drop(file.version());
                        put.remove(file);
                        assertEquals(0, store.residentBytes(file.version()), context);
                    }
                    case 3, 4, 5, 6, 7, 8, 9 -> {
                        int chunk = random.nextInt(file.chunks());
                        try (CachedFile open = store.open(file.version(), file.length())) {
                            if (!open.verify(chunk)
                                    && open.put(chunk, file.chunk(chunk))
                                            == CachedFile.Put.STORED) {
                                put.computeIfAbsent(file, _ -> new BitSet()).set(chunk);
                                assertTrue(open.verify(chunk), context);
                            }
                        }
                    }
                    case 10, 11, 12 -> readAsAgent(reader, file, put, context);
                    default -> readAsWorker(store, file, put, context);
                }
                CacheUsage usage = store.usage();
                for (CacheUsage.OfDirectory each : usage.directories()) {
                    assertTrue(each.usedBytes() <= each.capacityBytes(), context + " " + usage);
                }
                assertEquals(0, usage.corruptChunks(), context);
            }
        } finally {
            store.close();
        }
        try (CacheStore last = open()) {
            TestFiles.await("recovered", () -> last.usage().recovered());
            long resident = 0;
            for (TestFile file : files) {
                resident += last.residentBytes(file.version());
            }
            assertEquals(resident, last.usage().usedBytes(), "seed " + seed);
        }
    }

    private static void readAsWorker(
            CacheStore store, TestFile file, Map<TestFile, BitSet> put, String context)
            throws IOException {
        Optional<CachedFile> opened = store.openResident(file.version(), file.length());
        if (opened.isEmpty()) {
            return;
        }
        try (CachedFile open = opened.get()) {
            for (int chunk = 0; chunk < file.chunks(); chunk++) {
                if (open.verify(chunk)) {
                    assertTrue(
                            put.getOrDefault(file, new BitSet()).get(chunk),
                            context + ": chunk was never put");
                    assertEquals(file.chunk(chunk), read(open, file.length(), chunk), context);
                    long start = (long) chunk * CHUNK;
                    assertEquals(
                            file.chunk(chunk),
                            open.slice(start, file.chunk(chunk).remaining()),
                            context);
                }
            }
        }
    }

    private static void readAsAgent(
            CacheReader reader, TestFile file, Map<TestFile, BitSet> put, String context)
            throws IOException {
        Optional<ResidentFile> opened = reader.open(file.version(), file.length());
        if (opened.isEmpty()) {
            return;
        }
        try (ResidentFile open = opened.get()) {
            for (int chunk = 0; chunk < file.chunks(); chunk++) {
                if (open.isResident(BlockLayout.chunkRange(chunk, file.length()))) {
                    assertTrue(
                            put.getOrDefault(file, new BitSet()).get(chunk),
                            context + ": chunk was never put");
                    assertEquals(file.chunk(chunk), read(open, file.length(), chunk), context);
                }
            }
        }
    }

    /** Waits for the walk, before which what is not seen yet is not in the budget. */
    private CacheStore open() {
        ByteCount capacity = new ByteCount((long) CAPACITY_CHUNKS / directories.size() * CHUNK);
        CacheStore store =
                CacheStore.open(
                        new CacheSettings(
                                directories.stream()
                                        .map(path ->
                                                new CacheDirectorySettings(
                                                        path, capacity, new ByteCount(0)))
                                        .toList(),
                                SyncPolicy.NEVER,
                                3,
                                eviction,
                                new ByteCount(0)));
        TestFiles.await("recovered", () -> store.usage().recovered());
        return store;
    }
}
