package io.millrace.block.fill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.Eventually;
import io.millrace.block.TestWorkerParts;
import io.millrace.cache.CachedFile;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStoreListener.Verb;
import io.millrace.understore.faults.FaultyUnderStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FillerTest {

    private static final int MIB = 1 << 20;

    @TempDir Path directory;

    @Test
    void twentyReadersOfAColdFileFetchEachByteOnceAndASecondReadNone() throws Exception {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("shards/a", 9 * MIB + 77);
            FileSource file = parts.stat("shards/a");
            List<Future<byte[]>> readers = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int reader = 0; reader < 20; reader++) {
                    readers.add(
                            threads.submit(() -> parts.read(file, ByteRange.whole(file.length()))));
                }
            }
            for (Future<byte[]> reader : readers) {
                assertArrayEquals(bytes, reader.get());
            }
            assertEquals(bytes.length, parts.counts.bytes());
            assertEquals(3, parts.counts.calls(Verb.READ), "runs of 4 MiB");

            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            assertEquals(bytes.length, parts.counts.bytes());
            assertEquals(3, parts.counts.calls(Verb.READ));
            assertEquals(0, parts.filler.bufferedBytes());
            assertEquals(0, parts.filler.getsInFlight());
        }
    }

    @Test
    void aSmallFileIsOneGetWhateverPartIsAskedFor() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("small", 110_000);
            FileSource file = parts.stat("small");
            assertArrayEquals(
                    Arrays.copyOfRange(bytes, 50_000, 50_100),
                    parts.read(file, new ByteRange(50_000, 100)));
            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            assertEquals(1, parts.counts.calls(Verb.READ));
        }
    }

    @Test
    void onlyTheMissingPartOfARangeIsFetched() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("a", 6 * MIB);
            FileSource file = parts.stat("a");
            parts.read(file, new ByteRange(2 * MIB, 10));
            assertEquals(MIB, parts.counts.bytes());
            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            assertEquals(6 * MIB, parts.counts.bytes());
            assertEquals(
                    4,
                    parts.counts.calls(Verb.READ),
                    "the chunk, what is before it, the rest of its run, and the next run");
        }
    }

    private static final FillSettings AHEAD =
            new FillSettings(8, 4, 4L << 20, 8L << 20, 16L << 20, Duration.ofSeconds(10));

    @Test
    void sequentialReadsAreFetchedAheadToTheEndOfARun() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB, AHEAD)) {
            parts.object("a", 24 * MIB);
            FileSource file = parts.stat("a");
            parts.read(file, new ByteRange(0, MIB));
            assertEquals(MIB, parts.counts.bytes());
            parts.read(file, new ByteRange(MIB, MIB));
            Eventually.holds(
                    "8 MiB behind the reader are there, and the rest of their run",
                    () -> parts.cache.residentBytes(file.fileVersion()) == 12 * MIB);
            assertEquals(12 * MIB, parts.counts.bytes());
        }
    }

    @Test
    void aStreamIsOneRequestForEachRunThoughItsReadsFindTheirBytes() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB, AHEAD)) {
            byte[] bytes = parts.object("a", 32 * MIB);
            FileSource file = parts.stat("a");
            for (int at = 0; at < bytes.length; at += MIB) {
                assertArrayEquals(
                        Arrays.copyOfRange(bytes, at, at + MIB),
                        parts.read(file, new ByteRange(at, MIB)));
            }
            assertEquals(bytes.length, parts.counts.bytes());
            assertEquals(1 + 8, parts.counts.calls(Verb.READ), "the first chunk, then runs");
        }
    }

    @Test
    void aChangedObjectIsStaleAndItsPartIsDropped() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            parts.object("a", 6 * MIB);
            FileSource old = parts.stat("a");
            parts.read(old, new ByteRange(0, 10));
            byte[] next = parts.object("a", 6 * MIB + 1);
            MillraceException stale =
                    assertThrows(
                            MillraceException.class,
                            () -> parts.read(old, new ByteRange(5 * MIB, 10)));
            assertEquals(ErrorCode.STALE_VERSION, stale.code());
            assertEquals(0, parts.cache.residentBytes(old.fileVersion()));
            FileSource now = parts.stat("a");
            assertArrayEquals(next, parts.read(now, ByteRange.whole(now.length())));
        }
    }

    @Test
    void anObjectThatIsGoneIsStale() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            parts.object("a", 100);
            FileSource file = parts.stat("a");
            Files.delete(parts.source.resolve("a"));
            MillraceException stale =
                    assertThrows(
                            MillraceException.class, () -> parts.read(file, new ByteRange(0, 10)));
            assertEquals(ErrorCode.STALE_VERSION, stale.code());
        }
    }

    @Test
    void aStreamThatBreaksHalfWayIsTakenUpWhereItBroke() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("a", 3 * MIB);
            FileSource file = parts.stat("a");
            AtomicInteger reads = new AtomicInteger();
            parts.faults().now =
                    new FaultyUnderStore.Faults() {
                        @Override
                        public long breakAfter(String key, ByteRange range) {
                            return reads.incrementAndGet() == 1 ? MIB + 5 : -1;
                        }
                    };
            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            assertEquals(2, reads.get());
        }
    }

    @Test
    void anObjectThatAlwaysEndsTooEarlyFailsAndIsNotCached() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("a", 2 * MIB);
            FileSource file = parts.stat("a");
            AtomicInteger reads = new AtomicInteger();
            parts.faults().now =
                    new FaultyUnderStore.Faults() {
                        @Override
                        public long breakAfter(String key, ByteRange range) {
                            reads.incrementAndGet();
                            return 1000;
                        }
                    };
            MillraceException failed =
                    assertThrows(
                            MillraceException.class, () -> parts.read(file, new ByteRange(0, 10)));
            assertEquals(ErrorCode.IO_ERROR, failed.code());
            assertEquals(3, reads.get());
            assertEquals(0, parts.cache.residentBytes(file.fileVersion()));
            parts.faults().now = new FaultyUnderStore.Faults() {};
            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            assertEquals(0, parts.filler.bufferedBytes());
        }
    }

    @Test
    void whatFindsNoRoomIsReadAllTheSame() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 2 * MIB)) {
            byte[] bytes = parts.object("a", 9 * MIB + 3);
            FileSource file = parts.stat("a");
            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            assertTrue(parts.cache.usage().usedBytes() <= 2 * MIB);
            assertEquals(0, parts.filler.bufferedBytes());
            MillraceException full =
                    assertThrows(
                            MillraceException.class,
                            () ->
                                    parts.filler.load(
                                            file.fileVersion(),
                                            file,
                                            ByteRange.whole(file.length())));
            assertEquals(ErrorCode.NO_SPACE, full.code());
        }
    }

    @Test
    void loadingTellsWhatWasThereAlready() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            parts.object("a", 3 * MIB);
            parts.object("empty", 0);
            for (String key : List.of("a", "empty")) {
                FileSource file = parts.stat(key);
                ByteRange whole = ByteRange.whole(file.length());
                assertEquals(
                        Filler.Loaded.IS_RESIDENT,
                        parts.filler.load(file.fileVersion(), file, whole));
                assertEquals(
                        Filler.Loaded.WAS_RESIDENT,
                        parts.filler.load(file.fileVersion(), file, whole));
            }
            assertEquals(1, parts.counts.calls(Verb.READ));
        }
    }

    @Test
    void whatAReaderBroughtWhileALoadWasUnderWayIsLoadedAndNotSkipped() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            parts.object("a", MIB);
            FileSource file = parts.stat("a");
            ByteRange whole = ByteRange.whole(file.length());
            try (FileRead load =
                    parts.filler.open(
                            file.fileVersion(), file, whole, Urgency.LOAD, Origin.CLUSTER)) {
                parts.read(file, whole);
                assertTrue(load.pass(LoadGate.OPEN), "cached by now");
                assertTrue(load.lackedBytes(), "but not when the load began");
            }
            assertEquals(1, parts.counts.calls(Verb.READ));
        }
    }

    @Test
    void aFileDroppedWhileItIsReadIsFetchedAgain() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("a", 5 * MIB);
            FileSource file = parts.stat("a");
            try (FileRead read =
                    parts.filler.read(
                            file.fileVersion(),
                            file,
                            ByteRange.whole(file.length()),
                            Origin.CLUSTER)) {
                read.next().release().run();
                parts.cache.drop(file.fileVersion());
                while (read.hasNext()) {
                    int at = (int) read.position();
                    FileRead.Piece piece = read.next();
                    byte[] got = new byte[piece.bytes().remaining()];
                    piece.bytes().duplicate().get(got);
                    assertArrayEquals(Arrays.copyOfRange(bytes, at, at + got.length), got);
                    piece.release().run();
                }
            }
            assertArrayEquals(bytes, parts.read(file, ByteRange.whole(file.length())));
            Eventually.holds(
                    "only the new copy counts", () -> parts.cache.usage().usedBytes() == 5 * MIB);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {110_000, 3 * MIB + 5})
    void bytesThatADiskHasChangedAreFetchedAgainAndNeverServed(int length) throws Exception {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("a", length);
            FileSource file = parts.stat("a");
            ByteRange whole = ByteRange.whole(length);
            parts.read(file, whole);
            change(cacheFile(parts, file), length - 3, bytes[length - 3]);
            assertArrayEquals(bytes, parts.read(file, whole));
            assertEquals(1, parts.cache.usage().corruptChunks());

            parts.read(file, whole);
            ByteRange part = new ByteRange(length - 100, 60);
            assertArrayEquals(
                    Arrays.copyOfRange(bytes, length - 100, length - 40), parts.read(file, part));
            change(cacheFile(parts, file), length - 50, bytes[length - 50]);
            assertArrayEquals(
                    Arrays.copyOfRange(bytes, length - 100, length - 40), parts.read(file, part));
            assertEquals(2, parts.cache.usage().corruptChunks());
        }
    }

    @Test
    void whatTheDiskSpoilsBeforeASlowReaderGetsThereIsFetchedAgain() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("a", 4 * MIB);
            FileSource file = parts.stat("a");
            byte[] came = new byte[3 * MIB];
            try (FileRead read =
                    parts.filler.read(
                            file.fileVersion(),
                            file,
                            new ByteRange(0, came.length),
                            Origin.CLUSTER)) {
                take(read, came, 0);
                Eventually.holds(
                        "all that it wants is there",
                        () -> parts.cache.residentBytes(file.fileVersion()) == came.length);
                change(cacheFile(parts, file), MIB + 5, bytes[MIB + 5]);
                take(read, came, MIB);
                take(read, came, 2 * MIB);
            }
            assertArrayEquals(Arrays.copyOf(bytes, came.length), came);
            assertEquals(1, parts.cache.usage().corruptChunks());
            assertEquals(0, parts.filler.bufferedBytes());
        }
    }

    private static void take(FileRead read, byte[] target, int at) {
        FileRead.Piece piece = read.next();
        piece.bytes().duplicate().get(target, at, piece.bytes().remaining());
        piece.release().run();
    }

    @Test
    void aFileInPartIsCheckedTooAndKeepsItsOtherChunks() throws Exception {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64 * MIB)) {
            byte[] bytes = parts.object("a", 4 * MIB);
            FileSource file = parts.stat("a");
            ByteRange two = new ByteRange(0, 2 * MIB);
            parts.read(file, two);
            Path part = cacheFile(parts, file);
            change(part, MIB + 9, bytes[MIB + 9]);
            assertArrayEquals(Arrays.copyOf(bytes, 2 * MIB), parts.read(file, two));
            assertEquals(3L * MIB, parts.counts.bytes());
            assertEquals(2L * MIB, parts.cache.residentBytes(file.fileVersion()));
        }
    }

    /** Under its last name: a full file is renamed soon. */
    private static Path cacheFile(TestWorkerParts parts, FileSource file) throws IOException {
        String name = file.fileVersion().toString();
        if (parts.cache.residentBytes(file.fileVersion()) == file.length()) {
            Eventually.holds("it is complete", () -> isComplete(parts, file));
        }
        try (Stream<Path> found =
                Files.find(
                        parts.cache.paths().getFirst(),
                        8,
                        (path, _) ->
                                path.getFileName().toString().equals(name)
                                        || path.getFileName().toString().equals(name + ".part"))) {
            return found.findFirst().orElseThrow();
        }
    }

    private static boolean isComplete(TestWorkerParts parts, FileSource file) {
        try (CachedFile cached =
                parts.filler.resident(file.fileVersion(), file.length()).orElseThrow()) {
            return cached.isComplete();
        }
    }

    private static void change(Path file, long at, byte was) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.seek(at);
            disk.write(~was);
        }
    }
}
