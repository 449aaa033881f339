package io.millrace.cache;

import static io.millrace.cache.TestFiles.await;
import static io.millrace.cache.TestFiles.putAll;
import static io.millrace.cache.TestFiles.read;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.cache.eviction.CacheClass.Protection;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cache of a fast directory and a slow one. */
class SeveralDirectoriesTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;

    @TempDir Path root;

    private Path fast;
    private Path slow;

    @BeforeEach
    void name() {
        fast = root.resolve("fast");
        slow = root.resolve("slow");
    }

    @Test
    void theFastDirectoryIsFilledBeforeTheSlowOne() {
        try (CacheStore store = open(2, 2, EvictionKind.EPOCH)) {
            for (int number = 0; number < 4; number++) {
                putAll(store, file(number));
                awaitIn(number < 2 ? fast : slow, file(number));
            }
            assertEquals(List.of(2L * CHUNK, 2L * CHUNK), usedBytes(store));
            try (CachedFile open = store.open(file(4).version(), CHUNK)) {
                assertEquals(
                        CachedFile.Put.REFUSED, open.put(0, file(4).chunk(0)), "both are full");
            }
        }
    }

    @Test
    void aFileThatIsReadAgainMovesUpAndTheOneInItsPlaceDown() throws IOException {
        TestFile large = new TestFile(9, 2L * CHUNK + 5);
        try (CacheStore store = open(3, 4, EvictionKind.LRU);
                CacheReader reader = CacheReaders.open(List.of(fast, slow))) {
            putAll(store, large);
            awaitIn(fast, large);
            putAll(store, file(1));
            awaitIn(slow, file(1));
            readOnce(store, file(1));
            try (ResidentFile before = reader.open(file(1).version(), CHUNK).orElseThrow()) {
                readOnce(store, file(1));
                awaitIn(fast, file(1));
                awaitIn(slow, large);
                await("gone", () -> !Files.exists(name(fast, large)));
                await("gone", () -> !Files.exists(name(slow, file(1))));
                assertEquals(file(1).chunk(0), read(before, CHUNK, 0), "open before it moved");
            }
            await("counted", () -> store.usage().promotedBytes() == CHUNK);
            assertEquals(large.length(), store.usage().demotedBytes());
            assertEquals(0, store.usage().evictedFiles());
            assertEquals(List.of((long) CHUNK, large.length()), usedBytes(store));
            readAll(store, large);
            try (ResidentFile agent = reader.open(large.version(), large.length()).orElseThrow()) {
                assertTrue(agent.isComplete());
                assertEquals(large.chunk(1), read(agent, large.length(), 1));
            }
        }
        try (CacheStore store = open(3, 4, EvictionKind.LRU)) {
            await("recovered", () -> store.usage().recovered());
            assertEquals(List.of((long) CHUNK, large.length()), usedBytes(store));
            readAll(store, large);
        }
    }

    @Test
    void aFileThatIsOpenStaysWhereItIs() {
        try (CacheStore store = open(1, 1, EvictionKind.LRU)) {
            putAll(store, file(0));
            awaitIn(fast, file(0));
            putAll(store, file(1));
            awaitIn(slow, file(1));
            try (CachedFile _ = store.openResident(file(0).version(), CHUNK).orElseThrow()) {
                readOnce(store, file(1));
                readOnce(store, file(1));
                await(
                        "room in the other",
                        () -> {
                            putAll(store, file(2));
                            return store.residentBytes(file(2).version()) == CHUNK;
                        });
                awaitIn(slow, file(2));
                assertTrue(Files.exists(name(fast, file(0))));
            }
        }
    }

    @Test
    void pinnedFilesNeitherGoNorMakeRoom() {
        CacheClass pinned = new CacheClass(null, 1, 0, Protection.PINNED);
        try (CacheStore store = open(1, 1, EvictionKind.LRU)) {
            for (int number = 0; number < 2; number++) {
                try (CachedFile open = store.open(file(number).version(), CHUNK, pinned)) {
                    assertEquals(CachedFile.Put.STORED, open.put(0, file(number).chunk(0)));
                }
            }
            putAll(store, file(2));
            assertEquals(0, store.residentBytes(file(2).version()));
            try (CachedFile open = store.open(file(1).version(), CHUNK, CacheClass.DEFAULT)) {
                assertEquals(CHUNK, open.residentBytes());
            }
            awaitIn(slow, file(1));
            putAll(store, file(2));
            assertEquals(CHUNK, store.residentBytes(file(2).version()));
            assertEquals(0, store.residentBytes(file(1).version()));
        }
    }

    @Test
    void aFileWithAWrongByteIsDroppedInsteadOfMoved() throws IOException {
        try (CacheStore store = open(1, 1, EvictionKind.LRU)) {
            putAll(store, file(0));
            awaitIn(fast, file(0));
            putAll(store, file(1));
            awaitIn(slow, file(1));
            try (RandomAccessFile raw = new RandomAccessFile(name(slow, file(1)).toFile(), "rw")) {
                raw.seek(77);
                int old = raw.read();
                raw.seek(77);
                raw.write(old ^ 1);
            }
            readOnce(store, file(1));
            readOnce(store, file(1));
            await("dropped", () -> store.usage().corruptChunks() == 1);
            await("gone", () -> !Files.exists(name(slow, file(1))));
            assertFalse(Files.exists(name(fast, file(1))));
            assertEquals(0, store.residentBytes(file(1).version()));
        }
    }

    @Test
    void whatIsInBothDirectoriesAfterAKillIsDroppedInOne() throws IOException {
        CacheStore killed = open(2, 2, EvictionKind.LRU);
        putAll(killed, file(0));
        awaitIn(fast, file(0));
        killed.abandon();
        CacheLayout layout = new CacheLayout(slow);
        Files.createDirectories(layout.complete(file(0).version()).getParent());
        Files.copy(name(fast, file(0)), name(slow, file(0)));
        Files.createDirectories(layout.copy(file(1).version(), 7).getParent());
        Files.writeString(layout.copy(file(1).version(), 7), "half a copy");
        try (CacheStore store = open(2, 2, EvictionKind.LRU)) {
            await("recovered", () -> store.usage().recovered());
            assertTrue(Files.exists(name(fast, file(0))));
            assertFalse(Files.exists(name(slow, file(0))));
            assertFalse(Files.exists(layout.copy(file(1).version(), 7)));
            assertEquals(List.of((long) CHUNK, 0L), usedBytes(store));
            assertEquals(1, store.usage().files());
            readAll(store, file(0));
        }
    }

    @Test
    void aFileLargerThanADirectoryGoesToTheNext() {
        TestFile large = new TestFile(9, 2L * CHUNK);
        try (CacheStore store = open(1, 2, EvictionKind.EPOCH)) {
            putAll(store, large);
            awaitIn(slow, large);
        }
    }

    @Test
    void allDirectoriesAreTakenOrNone() {
        try (CacheStore other = CacheStore.open(CacheSettings.of(slow, new ByteCount(CHUNK)))) {
            MillraceException refused =
                    assertThrows(MillraceException.class, () -> open(1, 1, EvictionKind.EPOCH));
            assertEquals(ErrorCode.CONFLICT, refused.code());
            assertTrue(refused.getMessage().contains(slow.toString()), refused.getMessage());
            assertEquals(List.of(slow), other.paths());
        }
        try (CacheStore store = open(1, 1, EvictionKind.EPOCH)) {
            assertEquals(List.of(fast, slow), store.paths());
        }
    }

    @Test
    void theNameOfTheWorkerIsInAllDirectories() {
        WorkerId id;
        try (CacheStore store = open(1, 1, EvictionKind.EPOCH)) {
            id = store.workerId(Optional.empty());
        }
        try (CacheStore store = CacheStore.open(CacheSettings.of(slow, new ByteCount(CHUNK)))) {
            assertEquals(id, store.workerId(Optional.empty()));
        }
    }

    private CacheStore open(int fastChunks, int slowChunks, EvictionKind eviction) {
        CacheStore store =
                CacheStore.open(
                        new CacheSettings(
                                List.of(settings(fast, fastChunks), settings(slow, slowChunks)),
                                SyncPolicy.COMPLETE,
                                4,
                                eviction,
                                new ByteCount(0)));
        await("recovered", () -> store.usage().recovered());
        return store;
    }

    private static CacheDirectorySettings settings(Path directory, int chunks) {
        return new CacheDirectorySettings(
                directory, new ByteCount((long) chunks * CHUNK), new ByteCount(0));
    }

    private static TestFile file(int number) {
        return new TestFile(number, CHUNK);
    }

    private static Path name(Path directory, TestFile file) {
        return new CacheLayout(directory).complete(file.version());
    }

    private static void awaitIn(Path directory, TestFile file) {
        await(file + " in " + directory, () -> Files.exists(name(directory, file)));
        if (file.chunks() > 1) {
            await("its table", () -> Files.exists(new CacheLayout(directory).crc(file.version())));
        }
    }

    private static void readOnce(CacheStore store, TestFile file) {
        store.openResident(file.version(), file.length()).orElseThrow().close();
    }

    private static void readAll(CacheStore store, TestFile file) throws IOException {
        try (CachedFile open = store.openResident(file.version(), file.length()).orElseThrow()) {
            for (int chunk = 0; chunk < file.chunks(); chunk++) {
                assertTrue(open.verify(chunk));
                assertEquals(file.chunk(chunk), read(open, file.length(), chunk));
            }
        }
    }

    private static List<Long> usedBytes(CacheStore store) {
        return store.usage().directories().stream().map(CacheUsage.OfDirectory::usedBytes).toList();
    }
}
