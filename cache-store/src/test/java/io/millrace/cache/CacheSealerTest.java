package io.millrace.cache;

import static io.millrace.cache.TestFiles.await;
import static io.millrace.cache.TestFiles.putAll;
import static io.millrace.cache.TestFiles.read;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.model.ByteCount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Full files that wait together become complete together. */
class CacheSealerTest {

    private static final int FILES = 200;
    private static final int BYTES = 3_000;

    @TempDir Path directory;

    /** The process, whose sealing begins when the test says so. */
    private static final class HeldSeals implements CacheSurroundings {

        private final CountDownLatch begin = new CountDownLatch(1);
        private final AtomicBoolean begun = new AtomicBoolean();
        private final AtomicInteger untilFailure = new AtomicInteger(Integer.MAX_VALUE);

        @Override
        public ExecutorService pool(String name, int threads, int waiting) {
            ExecutorService pool = PROCESS.pool(name, threads, waiting);
            if (name.equals("cache-seal")) {
                pool.execute(() -> {
                    try {
                        begin.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
            return pool;
        }

        @Override
        public long nanoTime() {
            return PROCESS.nanoTime();
        }

        @Override
        public void beforeWrite(Path ignored) throws IOException {
            if (begun.get() && untilFailure.decrementAndGet() == 0) {
                throw new IOException("this one is not written");
            }
        }

        void begin() {
            begun.set(true);
            begin.countDown();
        }
    }

    private CacheStore open(CacheSurroundings surroundings) {
        return CacheStore.open(CacheSettings.of(directory, new ByteCount(1L << 30)), surroundings);
    }

    private static List<TestFile> files() {
        return IntStream.range(0, FILES).mapToObj(i -> new TestFile(i, BYTES)).toList();
    }

    private long complete(List<TestFile> files) {
        CacheLayout layout = new CacheLayout(directory);
        return files.stream().filter(file -> Files.exists(layout.complete(file.version()))).count();
    }

    @Test
    void whatWaitsTogetherIsReadableMeanwhileAndCompleteAfterwards() throws IOException {
        HeldSeals surroundings = new HeldSeals();
        List<TestFile> files = files();
        try (CacheStore store = open(surroundings)) {
            files.forEach(file -> putAll(store, file));
            assertEquals(0, complete(files));
            for (TestFile file : files) {
                try (CachedFile open = store.openResident(file.version(), BYTES).orElseThrow()) {
                    assertEquals(file.chunk(0), read(open, BYTES, 0));
                }
            }
            surroundings.begin();
            await("all are complete", () -> complete(files) == FILES);
            assertEquals(0, store.usage().writeFailures());
        }
        try (CacheStore store = open(CacheSurroundings.PROCESS)) {
            await("recovered", () -> store.usage().recovered());
            assertEquals(FILES, store.usage().files());
        }
    }

    @Test
    void theOneThatFailsIsTheOneThatIsNotComplete() {
        HeldSeals surroundings = new HeldSeals();
        List<TestFile> files = files();
        try (CacheStore store = open(surroundings)) {
            files.forEach(file -> putAll(store, file));
            surroundings.untilFailure.set(50);
            surroundings.begin();
            await("the others are complete", () -> complete(files) == FILES - 1);
            assertEquals(1, store.usage().writeFailures());
        }
    }

    @Test
    void aKilledProcessLeavesWhatWaitedWithoutAName() {
        HeldSeals surroundings = new HeldSeals();
        List<TestFile> files = files();
        CacheStore store = open(surroundings);
        files.forEach(file -> putAll(store, file));
        store.abandon();
        assertEquals(0, complete(files));
        try (CacheStore restarted = open(CacheSurroundings.PROCESS)) {
            await("recovered", () -> restarted.usage().recovered());
            assertEquals(0, restarted.usage().files());
            assertEquals(0, restarted.usage().usedBytes());
        }
    }
}
