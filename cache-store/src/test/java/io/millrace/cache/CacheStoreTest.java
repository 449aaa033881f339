package io.millrace.cache;

import static io.millrace.cache.TestFiles.await;
import static io.millrace.cache.TestFiles.putAll;
import static io.millrace.cache.TestFiles.read;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheStoreTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;
    private static final TestFile SMALL = new TestFile(1, 1000);
    private static final TestFile LARGE = new TestFile(2, 3L * CHUNK + 17);
    private static final TestFile EMPTY = new TestFile(3, 0);

    @TempDir Path directory;

    @Test
    void aFileWithAllChunksGetsItsFinalName() {
        try (CacheStore store = open(10)) {
            putAll(store, LARGE);
            Path complete = new CacheLayout(directory).complete(LARGE.version());
            await("complete", () -> Files.exists(complete));
            await(
                    "table renamed",
                    () -> Files.exists(new CacheLayout(directory).crc(LARGE.version())));
            assertFalse(Files.exists(new CacheLayout(directory).part(LARGE.version())));
            assertEquals(LARGE.length(), store.usage().usedBytes());
            assertEquals(1, store.usage().files());
        }
    }

    @Test
    void readersOnTheHostSeeEachChunkAsSoonAsItIsIn() throws IOException {
        try (CacheStore store = open(10);
                CacheReader reader = CacheReaders.open(List.of(directory));
                CachedFile file = store.open(LARGE.version(), LARGE.length())) {
            assertTrue(reader.open(LARGE.version(), LARGE.length()).isEmpty());
            file.put(1, LARGE.chunk(1));
            try (ResidentFile seen = reader.open(LARGE.version(), LARGE.length()).orElseThrow()) {
                assertTrue(seen.isResident(new ByteRange(CHUNK + 5, 100)));
                assertFalse(seen.isResident(new ByteRange(CHUNK - 1, 2)));
                assertEquals(LARGE.chunk(1), read(seen, LARGE.length(), 1));
                file.put(0, LARGE.chunk(0));
                assertTrue(seen.isResident(new ByteRange(CHUNK - 1, 2)));
                assertFalse(seen.isComplete());
                file.put(2, LARGE.chunk(2));
                file.put(3, LARGE.chunk(3));
                assertTrue(seen.isComplete());
                assertEquals(LARGE.chunk(3), read(seen, LARGE.length(), 3));
            }
            await("complete", file::isComplete);
            try (ResidentFile seen = reader.open(LARGE.version(), LARGE.length()).orElseThrow()) {
                assertTrue(seen.isComplete());
                assertEquals(LARGE.chunk(2), read(seen, LARGE.length(), 2));
            }
            assertTrue(reader.open(LARGE.version(), LARGE.length() + 1).isEmpty());
        }
    }

    @Test
    void anOpenFileStaysReadableAfterItIsDroppedAndItsBytesCountUntilClosed() throws IOException {
        try (CacheStore store = open(10);
                CacheReader reader = CacheReaders.open(List.of(directory))) {
            putAll(store, LARGE);
            ResidentFile agents = reader.open(LARGE.version(), LARGE.length()).orElseThrow();
            CachedFile own = store.open(LARGE.version(), LARGE.length());
            var slice = own.slice(CHUNK, CHUNK);
            assertEquals(OptionalLong.of(LARGE.length()), store.drop(LARGE.version()));
            assertTrue(reader.open(LARGE.version(), LARGE.length()).isEmpty());
            assertEquals(LARGE.chunk(1), slice);
            assertEquals(LARGE.chunk(1), read(agents, LARGE.length(), 1));
            assertEquals(LARGE.length(), store.usage().usedBytes());
            own.close();
            await("bytes given back", () -> store.usage().usedBytes() == 0);
            assertEquals(0, store.usage().files());
            agents.close();
            assertTrue(store.drop(LARGE.version()).isEmpty());
        }
    }

    /** As an agent does that has handed the file to the kernel; POSIX locks need a process more. */
    private Process holder(TestFile file) throws IOException {
        Path path = new CacheLayout(directory).complete(file.version());
        Process holder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx32m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Holder.class.getName(),
                                path.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertEquals("held", holder.inputReader().readLine());
        return holder;
    }

    /** Holds a read lock on a file until it is killed. */
    static final class Holder {
        public static void main(String[] args) throws Exception {
            FileChannel file = FileChannel.open(Path.of(args[0]));
            try (var _ = file.lock(0, Long.MAX_VALUE, true)) {
                System.out.println("held");
                Thread.sleep(600_000);
            }
        }
    }

    @Test
    void aFileThatTheKernelHoldsCountsUntilItIsLetGoAndIsNotEvicted() throws Exception {
        TestFile other = new TestFile(10, CHUNK);
        TestFile more = new TestFile(11, CHUNK);
        try (CacheStore store = open(2)) {
            putAll(store, SMALL);
            awaitSealed(store, SMALL);
            Process holder = holder(SMALL);
            try {
                putAll(store, other);
                awaitSealed(store, other);
                putAll(store, more);
                assertTrue(store.openResident(other.version(), CHUNK).isEmpty());
                await(
                        "the older one is kept",
                        () -> store.residentBytes(SMALL.version()) == SMALL.length());
                long used = store.usage().usedBytes();
                assertEquals(OptionalLong.of(SMALL.length()), store.drop(SMALL.version()));
                assertEquals(used, store.usage().usedBytes());
                holder.destroyForcibly().waitFor();
                await("let go", () -> store.usage().usedBytes() == used - SMALL.length());
            } finally {
                holder.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void theLeastRecentlyUsedFileMakesRoom() {
        try (CacheStore store = open(3)) {
            await("recovered", () -> store.usage().recovered());
            TestFile[] files = {
                new TestFile(10, CHUNK), new TestFile(11, CHUNK), new TestFile(12, CHUNK)
            };
            for (TestFile file : files) {
                putAll(store, file);
            }
            awaitSealed(store, files);
            store.openResident(files[0].version(), CHUNK).orElseThrow().close();
            TestFile next = new TestFile(13, CHUNK);
            putAll(store, next);
            assertTrue(isResident(store, files[0]));
            assertFalse(isResident(store, files[1]));
            assertTrue(isResident(store, files[2]));
            assertTrue(isResident(store, next));
            assertEquals(3L * CHUNK, store.usage().usedBytes());
            assertEquals(1, store.usage().evictedFiles());
        }
    }

    @Test
    void aChunkThatFindsNoRoomIsRefusedAndNothingIsLost() {
        try (CacheStore store = open(2);
                CachedFile file = store.open(LARGE.version(), LARGE.length())) {
            assertEquals(CachedFile.Put.STORED, file.put(0, LARGE.chunk(0)));
            assertEquals(CachedFile.Put.STORED, file.put(1, LARGE.chunk(1)));
            assertEquals(CachedFile.Put.REFUSED, file.put(2, LARGE.chunk(2)));
            assertTrue(file.isResident(new ByteRange(0, 2L * CHUNK)));
            assertEquals(2L * CHUNK, store.usage().usedBytes());
            assertEquals(CHUNK, store.usage().refusedBytes());
        }
    }

    @Test
    void aCleanRestartKeepsCompleteAndPartialFiles() throws IOException {
        try (CacheStore store = open(10)) {
            putAll(store, SMALL);
            try (CachedFile empty = store.open(EMPTY.version(), 0)) {
                assertFalse(empty.isResident(ByteRange.whole(0)));
                assertEquals(CachedFile.Put.STORED, empty.putEmpty());
            }
            try (CachedFile file = store.open(LARGE.version(), LARGE.length())) {
                file.put(2, LARGE.chunk(2));
            }
        }
        try (CacheStore store = open(10);
                CachedFile small =
                        store.openResident(SMALL.version(), SMALL.length()).orElseThrow();
                CachedFile empty = store.openResident(EMPTY.version(), 0).orElseThrow();
                CachedFile large =
                        store.openResident(LARGE.version(), LARGE.length()).orElseThrow()) {
            assertTrue(small.isComplete());
            assertEquals(SMALL.chunk(0), read(small, SMALL.length(), 0));
            assertTrue(empty.isResident(ByteRange.whole(0)));
            assertTrue(large.isResident(BlockLayout.chunkRange(2, LARGE.length())));
            assertFalse(large.isResident(BlockLayout.chunkRange(1, LARGE.length())));
            assertEquals(LARGE.chunk(2), read(large, LARGE.length(), 2));
            await("recovered", () -> store.usage().recovered());
            assertEquals(SMALL.length() + CHUNK, store.usage().usedBytes());
            assertEquals(3, store.usage().files());
        }
    }

    @Test
    void afterAnUncleanStopBytesAreVerifiedBeforeTheyAreServed() throws IOException {
        TestFile other = new TestFile(4, 2L * CHUNK);
        CacheStore killed = open(20);
        putAll(killed, SMALL);
        putAll(killed, other);
        awaitSealed(killed, SMALL, other);
        try (CachedFile file = killed.open(LARGE.version(), LARGE.length())) {
            file.put(0, LARGE.chunk(0));
            file.put(1, LARGE.chunk(1));
        }
        killed.abandon();
        CacheLayout layout = new CacheLayout(directory);
        flipByte(layout.complete(other.version()), CHUNK + 3);
        flipByte(layout.part(LARGE.version()), 7);
        try (CacheStore store = open(20)) {
            try (CachedFile small =
                    store.openResident(SMALL.version(), SMALL.length()).orElseThrow()) {
                assertFalse(small.isResident(ByteRange.whole(SMALL.length())));
                assertTrue(small.verify(0));
                assertTrue(small.isComplete());
            }
            try (CachedFile large =
                    store.openResident(LARGE.version(), LARGE.length()).orElseThrow()) {
                assertFalse(large.verify(0));
                assertTrue(large.verify(1));
                assertEquals(CachedFile.Put.STORED, large.put(0, LARGE.chunk(0)));
                assertEquals(LARGE.chunk(0), read(large, LARGE.length(), 0));
            }
            try (CachedFile torn =
                    store.openResident(other.version(), other.length()).orElseThrow()) {
                assertTrue(torn.verify(0));
                assertFalse(torn.verify(1));
            }
            assertTrue(store.openResident(other.version(), other.length()).isEmpty());
            assertEquals(2, store.usage().corruptChunks());
        }
        try (CacheStore store = open(20);
                CachedFile small =
                        store.openResident(SMALL.version(), SMALL.length()).orElseThrow()) {
            assertTrue(small.isComplete(), "what was verified stays so after a clean stop");
        }
    }

    @Test
    void aFileOfOneChunkIsOneFileOnDiskAndIsVerifiedAfterAnUncleanStop() throws IOException {
        TestFile torn = new TestFile(4, CHUNK);
        TestFile nameless = new TestFile(5, 10);
        CacheStore killed = open(10);
        for (TestFile file : List.of(SMALL, torn, nameless)) {
            putAll(killed, file);
            awaitSealed(killed, file);
        }
        killed.abandon();
        CacheLayout layout = new CacheLayout(directory);
        try (Stream<Path> beside = Files.list(layout.complete(SMALL.version()).getParent())) {
            assertEquals(List.of(layout.complete(SMALL.version())), beside.toList());
        }
        flipByte(layout.complete(torn.version()), CHUNK - 1);
        Files.getFileAttributeView(
                        layout.complete(nameless.version()), UserDefinedFileAttributeView.class)
                .delete("millrace");
        try (CacheStore store = open(10)) {
            try (CachedFile file =
                    store.openResident(SMALL.version(), SMALL.length()).orElseThrow()) {
                assertFalse(file.isResident(ByteRange.whole(SMALL.length())));
                assertTrue(file.verify(0));
            }
            try (CachedFile file =
                    store.openResident(torn.version(), torn.length()).orElseThrow()) {
                assertFalse(file.verify(0));
            }
            assertTrue(store.openResident(torn.version(), torn.length()).isEmpty());
            assertTrue(
                    store.openResident(nameless.version(), nameless.length()).isEmpty(),
                    "without a checksum it cannot be believed");
        }
    }

    /** As it was written before files of one chunk had their checksum in an attribute. */
    @Test
    void aFileOfOneChunkWithATableBesideItIsRead() throws IOException {
        CacheLayout layout = new CacheLayout(directory);
        Files.createDirectories(layout.crc(SMALL.version()).getParent());
        Files.write(layout.complete(SMALL.version()), SMALL.chunk(0).array());
        CRC32C crc = new CRC32C();
        crc.update(SMALL.chunk(0));
        try (ChunkSidecar table =
                ChunkSidecar.create(
                        layout.crc(SMALL.version()),
                        new ChunkSidecar.Header(
                                SMALL.version(), SMALL.length(), BootId.current(), 0, false))) {
            table.setPresent(0, (int) crc.getValue());
        }
        for (int open = 0; open < 2; open++) {
            try (CacheStore store = open(10);
                    CachedFile file =
                            store.openResident(SMALL.version(), SMALL.length()).orElseThrow()) {
                assertTrue(file.verify(0));
                assertEquals(SMALL.chunk(0), read(file, SMALL.length(), 0));
            }
        }
    }

    @Test
    void strayFilesAreCleanedAndOtherLayoutsLeftAlone() throws IOException {
        CacheLayout layout = new CacheLayout(directory);
        open(10).close();
        Path stray = layout.files().resolve("ab/cd/notes.txt");
        Files.createDirectories(stray.getParent());
        Files.writeString(stray, "x");
        Files.createDirectories(layout.part(LARGE.version()).getParent());
        Files.writeString(layout.part(LARGE.version()), "half");
        Files.createDirectories(layout.crc(SMALL.version()).getParent());
        Files.writeString(layout.crc(SMALL.version()), "of nothing");
        Files.createDirectories(directory.resolve("v2/ab"));
        try (CacheStore store = open(10)) {
            await("recovered", () -> store.usage().recovered());
            assertFalse(Files.exists(stray));
            assertFalse(Files.exists(layout.part(LARGE.version())));
            assertFalse(Files.exists(layout.crc(SMALL.version())));
            assertTrue(Files.exists(directory.resolve("v2/ab")));
            assertEquals(0, store.usage().files());
        }
    }

    @Test
    void aRestartWithLessCapacityTrims() {
        try (CacheStore store = open(10)) {
            for (int number = 20; number < 26; number++) {
                putAll(store, new TestFile(number, CHUNK));
            }
        }
        try (CacheStore store = open(2)) {
            await("recovered", () -> store.usage().recovered());
            await("trimmed", () -> store.usage().usedBytes() == 2L * CHUNK);
            assertEquals(2, store.usage().files());
        }
    }

    @Test
    void aDirectoryInUseIsRefusedByName() {
        try (CacheStore store = open(1)) {
            MillraceException refused = assertThrows(MillraceException.class, () -> open(1));
            assertEquals(ErrorCode.CONFLICT, refused.code());
            assertTrue(refused.getMessage().contains(store.paths().getFirst().toString()));
            assertTrue(refused.getMessage().contains("already in use by process"));
        }
        open(1).close();
    }

    @Test
    void aDirectoryThatIsAFileIsRefused() throws IOException {
        Path file = directory.resolve("file");
        Files.writeString(file, "x");
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> CacheStore.open(CacheSettings.of(file, new ByteCount(CHUNK))));
        assertTrue(refused.getMessage().contains("cannot be written"), refused.getMessage());
    }

    @Test
    void theWorkersNameStaysWithTheDirectory() {
        WorkerId made;
        try (CacheStore store = open(1)) {
            made = store.workerId(Optional.empty());
        }
        try (CacheStore store = open(1)) {
            assertEquals(made, store.workerId(Optional.empty()));
            WorkerId wanted = new WorkerId("other");
            assertEquals(wanted, store.workerId(Optional.of(wanted)));
        }
    }

    @Test
    void filesThatWereNeverSyncedAreNotBelievedInAnotherBoot() throws IOException {
        CacheSettings never =
                new CacheSettings(
                        directory,
                        new ByteCount(10L * CHUNK),
                        new ByteCount(0),
                        SyncPolicy.NEVER,
                        4);
        try (CacheStore store = CacheStore.open(never)) {
            putAll(store, SMALL);
        }
        try (CacheReader reader = CacheReaders.open(List.of(directory))) {
            reader.open(SMALL.version(), SMALL.length()).orElseThrow().close();
        }
        Files.writeString(new CacheLayout(directory).unsynced(), "another boot\n");
        try (CacheReader reader = CacheReaders.open(List.of(directory))) {
            assertTrue(reader.open(SMALL.version(), SMALL.length()).isEmpty());
        }
        try (CacheStore store = open(10)) {
            assertTrue(store.openResident(SMALL.version(), SMALL.length()).isEmpty());
        }
    }

    private CacheStore open(int chunks) {
        return CacheStore.open(
                CacheSettings.of(directory, new ByteCount((long) chunks * CHUNK))
                        .with(EvictionKind.LRU));
    }

    private static boolean isResident(CacheStore store, TestFile file) {
        return store.residentBytes(file.version()) == file.length();
    }

    private static void awaitSealed(CacheStore store, TestFile... files) {
        CacheLayout layout = new CacheLayout(store.paths().getFirst());
        for (TestFile file : files) {
            await("named", () -> Files.exists(layout.complete(file.version())));
            if (file.chunks() > 1) {
                await("table renamed", () -> Files.exists(layout.crc(file.version())));
            }
        }
    }

    private static void flipByte(Path file, long at) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(at);
            int old = raw.read();
            raw.seek(at);
            raw.write(old ^ 0x55);
        }
    }
}
