package io.millrace.cache;

import static io.millrace.cache.TestFiles.await;
import static io.millrace.cache.TestFiles.putAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that change on disk are found, on demand and in the background. */
class VerifyTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;
    private static final TestFile SMALL = new TestFile(1, 1000);
    private static final TestFile LARGE = new TestFile(2, 3L * CHUNK + 17);
    private static final TestFile OTHER = new TestFile(3, CHUNK);

    @TempDir Path directory;

    @Test
    void filesThatAreRightAreVerified() {
        try (CacheStore store = open(0)) {
            fill(store, SMALL, LARGE);
            assertEquals(new Verification.Verified(SMALL.length()), store.verify(SMALL.version()));
            assertEquals(new Verification.Verified(LARGE.length()), store.verify(LARGE.version()));
            assertEquals(new Verification.Absent(), store.verify(OTHER.version()));
            assertEquals(2, store.usage().files());
        }
    }

    @Test
    void aFileWithAWrongByteIsDroppedAndCanBeFilledAgain() throws IOException {
        try (CacheStore store = open(0)) {
            fill(store, SMALL, LARGE);
            flip(LARGE, 2L * CHUNK + 5);
            assertEquals(new Verification.Dropped(LARGE.length()), store.verify(LARGE.version()));
            assertEquals(new Verification.Absent(), store.verify(LARGE.version()));
            assertFalse(Files.exists(name(LARGE)));
            assertEquals(1, store.usage().corruptChunks());
            assertEquals(SMALL.length(), store.usage().usedBytes());
            fill(store, LARGE);
            assertEquals(new Verification.Verified(LARGE.length()), store.verify(LARGE.version()));
        }
    }

    @Test
    void aFileThatIsShorterOrWithoutChecksumsIsDropped() throws IOException {
        try (CacheStore store = open(0)) {
            fill(store, SMALL, LARGE);
            try (RandomAccessFile file = new RandomAccessFile(name(SMALL).toFile(), "rw")) {
                file.setLength(SMALL.length() - 1);
            }
            Files.delete(new CacheLayout(directory).crc(LARGE.version()));
            assertEquals(new Verification.Dropped(SMALL.length()), store.verify(SMALL.version()));
            assertEquals(new Verification.Dropped(LARGE.length()), store.verify(LARGE.version()));
            assertEquals(0, store.usage().files());
        }
    }

    @Test
    void whatIsThereOfAPartialFileIsVerified() throws IOException {
        try (CacheStore store = open(0)) {
            try (CachedFile file = store.open(LARGE.version(), LARGE.length())) {
                file.put(1, LARGE.chunk(1));
                file.put(3, LARGE.chunk(3));
            }
            assertEquals(new Verification.Verified(CHUNK + 17), store.verify(LARGE.version()));
            Path part = new CacheLayout(directory).part(LARGE.version());
            try (RandomAccessFile file = new RandomAccessFile(part.toFile(), "rw")) {
                file.seek(CHUNK);
                file.write(~LARGE.chunk(1).get(0));
            }
            assertEquals(new Verification.Dropped(CHUNK + 17), store.verify(LARGE.version()));
            assertEquals(0, store.usage().usedBytes());
        }
    }

    @Test
    void verifyingIsNotReading() {
        TestFile[] files = {OTHER, new TestFile(4, CHUNK)};
        try (CacheStore store = open(0)) {
            fill(store, files);
            await("recovered", () -> store.usage().recovered());
            assertEquals(new Verification.Verified(CHUNK), store.verify(OTHER.version()));
            for (int number = 10; number < 17; number++) {
                fill(store, new TestFile(number, CHUNK));
            }
            assertEquals(0, store.residentBytes(OTHER.version()), "it was the oldest");
            assertEquals(CHUNK, store.residentBytes(files[1].version()));
        }
    }

    @Test
    void theScrubberFindsWhatChangedAndGoesOnAfterARestart() throws IOException {
        CacheStore first = open(0);
        fill(first, SMALL, LARGE, OTHER);
        await("recovered", () -> first.usage().recovered());
        CacheScrubber scrubber = first.scrubbers().getFirst();
        scrubber.resume();
        List<TestFile> inOrder =
                List.of(SMALL, LARGE, OTHER).stream()
                        .sorted(java.util.Comparator.comparing(TestFile::version))
                        .toList();
        assertEquals(inOrder.getFirst().length(), scrubber.step());
        scrubber.note();
        first.close();
        flip(inOrder.getFirst(), 3);
        flip(inOrder.getLast(), 3);
        try (CacheStore store = open(0)) {
            await("recovered", () -> store.usage().recovered());
            CacheScrubber next = store.scrubbers().getFirst();
            next.resume();
            assertEquals(inOrder.get(1).length(), next.step());
            assertEquals(0, store.usage().corruptChunks());
            assertEquals(inOrder.getLast().length(), next.step());
            assertEquals(1, store.usage().corruptChunks());
            assertEquals(0, store.residentBytes(inOrder.getLast().version()));
            assertEquals(0, store.usage().scrubPassMillis());
            assertEquals(0, next.step());
            assertTrue(store.usage().scrubPassMillis() > 0);
            assertEquals(inOrder.getFirst().length(), next.step());
            assertEquals(2, store.usage().corruptChunks());
            assertEquals(
                    inOrder.stream().mapToLong(TestFile::length).sum(),
                    store.usage().scrubbedBytes());
        }
    }

    @Test
    void theScrubberRunsByItselfWhereARateIsSet() throws IOException {
        try (CacheStore store = open(0)) {
            fill(store, SMALL, LARGE);
        }
        flip(LARGE, 9);
        try (CacheStore store = open(1L << 30)) {
            await("found", () -> store.usage().corruptChunks() == 1);
            await("passed", () -> store.usage().scrubPassMillis() > 0);
            assertEquals(1, store.usage().files());
        }
        assertTrue(Files.exists(directory.resolve("scrub")));
    }

    @Test
    void theScrubberRestsBetweenPassesAndKeepsItsRateWithinThem() throws IOException {
        try (CacheStore store = open(0)) {
            await("recovered", () -> store.usage().recovered());
            CacheScrubber scrubber = store.scrubbers().getFirst();
            scrubber.resume();
            assertEquals(0, scrubber.step());
            assertEquals(Duration.ofMinutes(10).toNanos(), scrubber.stepNanos(0, 1_000));
            fill(store, SMALL);
            assertEquals(SMALL.length(), scrubber.step());
            assertEquals(Duration.ofMillis(1).toNanos(), scrubber.stepNanos(0, 1_000));
            assertEquals(Duration.ofSeconds(2).toNanos(), scrubber.stepNanos(2_000, 1_000));
        }
    }

    private CacheStore open(long scrubRate) {
        return CacheStore.open(
                new CacheSettings(
                        List.of(
                                new CacheDirectorySettings(
                                        directory, new ByteCount(8L * CHUNK), new ByteCount(0))),
                        SyncPolicy.COMPLETE,
                        4,
                        EvictionKind.LRU,
                        new ByteCount(scrubRate)));
    }

    private void fill(CacheStore store, TestFile... files) {
        for (TestFile file : files) {
            putAll(store, file);
            await("complete " + file, () -> Files.exists(name(file)));
            if (file.chunks() > 1) {
                await(
                        "its table",
                        () -> Files.exists(new CacheLayout(directory).crc(file.version())));
            }
        }
    }

    private Path name(TestFile file) {
        return new CacheLayout(directory).complete(file.version());
    }

    private void flip(TestFile file, long at) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(name(file).toFile(), "rw")) {
            raw.seek(at);
            int old = raw.read();
            raw.seek(at);
            raw.write(old ^ 0x10);
        }
    }
}
