package io.millrace.understore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStore.Depth;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every under store must do. */
public abstract class UnderStoreConformance {

    private static final Comparator<String> BYTES =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));

    protected UnderStore store;

    /** A store rooted at an empty place, fresh for each test. */
    protected abstract UnderStore open() throws Exception;

    /** Writes an object by other means than the store. */
    protected abstract void put(String key, byte[] content) throws Exception;

    protected abstract void delete(String key) throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    @Test
    void statTellsLengthVersionAndTime() throws Exception {
        put("a/b.bin", content(1234, 1));
        ObjectStatus status = store.stat("a/b.bin").orElseThrow();
        assertEquals("a/b.bin", status.key());
        assertEquals(1234, status.length());
        assertFalse(status.objectVersion().isEmpty());
        assertTrue(
                Math.abs(status.modified().toEpochMilli() - System.currentTimeMillis()) < 60_000);
        assertEquals(List.of(status), list("a/", Depth.ONE_LEVEL, 10).objects());
    }

    @Test
    void whatIsNotThereHasNoStatus() throws Exception {
        put("a/b", content(1, 1));
        for (String key : List.of("", "x", "a", "a/", "a/bb", "a/c", "a/b/c", "A/B")) {
            assertTrue(store.stat(key).isEmpty(), () -> "status of '" + key + "'");
        }
    }

    @Test
    void theVersionChangesWithTheContentAndOnlyThen() throws Exception {
        put("k", content(100, 1));
        String first = version("k");
        assertEquals(first, version("k"));
        put("k", content(100, 2));
        assertNotEquals(first, version("k"));
    }

    @Test
    void aRangeGivesThoseBytes() throws Exception {
        byte[] content = content(300_000, 7);
        put("k", content);
        for (ByteRange range :
                List.of(
                        new ByteRange(0, 1),
                        new ByteRange(0, 300_000),
                        new ByteRange(299_999, 1),
                        new ByteRange(65_536, 65_536),
                        new ByteRange(123, 200_001))) {
            assertArrayEquals(
                    Arrays.copyOfRange(content, (int) range.offset(), (int) range.end()),
                    read("k", range),
                    range::toString);
        }
    }

    @Test
    void aStreamEndsAfterItsRange() throws Exception {
        put("k", content(10, 1));
        try (InputStream in = store.read("k", version("k"), new ByteRange(2, 3))) {
            assertEquals(3, in.readAllBytes().length);
            assertEquals(-1, in.read());
            assertEquals(-1, in.read(new byte[5], 0, 5));
            assertEquals(0, in.read(new byte[5], 0, 0));
        }
    }

    @Test
    void anOlderVersionIsStale() throws Exception {
        put("k", content(100, 1));
        String old = version("k");
        put("k", content(100, 2));
        assertFails(ErrorCode.STALE_VERSION, "k", () -> store.read("k", old, new ByteRange(0, 10)));
    }

    @Test
    void anObjectThatIsGoneIsNotFound() throws Exception {
        put("k", content(100, 1));
        String version = version("k");
        delete("k");
        assertFails(ErrorCode.NOT_FOUND, "k", () -> store.read("k", version, new ByteRange(0, 10)));
    }

    @Test
    void aRangeBehindTheEndIsRefused() throws Exception {
        put("k", content(100, 1));
        MillraceException e =
                assertThrows(
                        MillraceException.class,
                        () -> store.read("k", version("k"), new ByteRange(100, 1)));
        assertEquals(ErrorCode.RANGE_NOT_SATISFIABLE, e.code());
    }

    @Test
    void zeroLengthObjectsAreObjects() throws Exception {
        put("d/empty", new byte[0]);
        assertEquals(0, store.stat("d/empty").orElseThrow().length());
        assertEquals(List.of("d/empty"), all("d/", Depth.ONE_LEVEL, 10));
    }

    @Test
    void oneLevelFoldsWhatLiesDeeper() throws Exception {
        for (String key : List.of("a", "b/1", "b/2", "b/c/3", "d.txt", "e/f/g")) {
            put(key, content(1, 1));
        }
        ListPage page = list("", Depth.ONE_LEVEL, 100);
        assertEquals(List.of("a", "d.txt"), keys(page));
        assertEquals(List.of("b/", "e/"), page.commonPrefixes());
        assertNull(page.continuation());
        assertEquals(List.of("b/1", "b/2"), keys(list("b/", Depth.ONE_LEVEL, 100)));
        assertEquals(List.of("b/c/"), list("b/", Depth.ONE_LEVEL, 100).commonPrefixes());
    }

    @Test
    void allLevelsComeInByteOrder() throws Exception {
        List<String> keys =
                new ArrayList<>(
                        List.of(
                                "a.b",
                                "a/x",
                                "a/x-y/z",
                                "a/x.y",
                                "a/xy/z",
                                "a0",
                                "aa/b",
                                "Z",
                                "b/c/d/e/f",
                                "~"));
        Collections.shuffle(keys, new Random(5));
        for (String key : keys) {
            put(key, content(1, 1));
        }
        keys.sort(BYTES);
        for (int maxKeys : List.of(1, 2, 3, 9, 10, 100)) {
            assertEquals(keys, all("", Depth.ALL_LEVELS, maxKeys), () -> "by " + maxKeys);
        }
        assertEquals(List.of("a/x", "a/x-y/z", "a/x.y", "a/xy/z"), all("a/", Depth.ALL_LEVELS, 2));
    }

    @Test
    void pagesJoinWithoutGapOrRepetition() throws Exception {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            put(String.format("d/f%02d", i), content(1, i));
            put(String.format("d/s%02d/x", i), content(1, i));
            put(String.format("d/s%02d/y", i), content(1, i));
            expected.add(String.format("d/f%02d", i));
            expected.add(String.format("d/s%02d/", i));
        }
        expected.sort(BYTES);
        for (int maxKeys : List.of(1, 3, 7, 25, 50, 51)) {
            List<String> seen = all("d/", Depth.ONE_LEVEL, maxKeys);
            seen.sort(BYTES);
            assertEquals(expected, seen, () -> "by " + maxKeys);
        }
    }

    @Test
    void aPrefixNeedNotEndWithASlash() throws Exception {
        for (String key : List.of("train-1", "train-2/a", "train/b", "test", "tr")) {
            put(key, content(1, 1));
        }
        ListPage page = list("train", Depth.ONE_LEVEL, 100);
        assertEquals(List.of("train-1"), keys(page));
        assertEquals(List.of("train-2/", "train/"), page.commonPrefixes());
        assertEquals(
                List.of("train-1", "train-2/a", "train/b"), all("train", Depth.ALL_LEVELS, 100));
    }

    @Test
    void underNothingLiesAnEmptyPage() throws Exception {
        put("a", content(1, 1));
        for (String prefix : List.of("x", "x/", "a/", "b/c/d/")) {
            for (Depth depth : Depth.values()) {
                assertEquals(new ListPage(List.of(), List.of(), null), list(prefix, depth, 10));
            }
        }
    }

    @Test
    void namesAreTakenAsTheyAre() throws Exception {
        List<String> keys =
                new ArrayList<>(
                        List.of(
                                "with space/a b.jpg",
                                "plus+plus/a+b",
                                "percent/100%.txt",
                                "percent/%41%2F",
                                "unicode/größe.txt",
                                "unicode/日本語/写真.jpg",
                                "unicode/emoji-😀",
                                "mark/a?b#c&d=e",
                                "mark/'quoted\"",
                                "mark/a:b;c,d",
                                "mark/(x)[y]{z}!~*$@",
                                "mark/back\\slash",
                                "control/bell\u0007and\ttab",
                                "control/line\nfeed",
                                ".hidden/.file",
                                "..data/x"));
        for (int i = 0; i < keys.size(); i++) {
            put(keys.get(i), content(50 + i, i));
        }
        for (int i = 0; i < keys.size(); i++) {
            String key = keys.get(i);
            assertEquals(50 + i, store.stat(key).orElseThrow(() -> missing(key)).length());
            assertArrayEquals(content(50 + i, i), read(key, ByteRange.whole(50 + i)), key);
        }
        keys.sort(BYTES);
        List<String> seen = all("", Depth.ALL_LEVELS, 3);
        seen.sort(BYTES);
        assertEquals(keys, seen);
    }

    @Test
    void pathsThatLeaveTheRootLeadNowhere() throws Exception {
        put("a/b", content(10, 1));
        for (String key : List.of("../a/b", "a/../a/b", "./a/b", "a/./b", "/a/b", "a//b", "a/b/")) {
            boolean there;
            try {
                there = store.stat(key).isPresent();
            } catch (MillraceException e) {
                there = false;
            }
            assertFalse(there, () -> "status of '" + key + "'");
        }
    }

    @Test
    void aReadDoesNotLeaveTheRootEither() throws Exception {
        put("a/b", content(10, 1));
        String version = version("a/b");
        for (String key : List.of("a/../a/b", "./a/b", "../x/a/b", "a/..", ".", "..")) {
            assertFails(
                    ErrorCode.NOT_FOUND, key, () -> store.read(key, version, new ByteRange(0, 1)));
        }
    }

    @Test
    void aStreamClosedEarlyHurtsNobody() throws Exception {
        byte[] content = content(8 << 20, 3);
        put("big", content);
        String version = version("big");
        for (int i = 0; i < 20; i++) {
            try (InputStream in = store.read("big", version, ByteRange.whole(content.length))) {
                assertEquals(content[0], (byte) in.read());
            }
        }
        assertArrayEquals(content, read("big", ByteRange.whole(content.length)));
    }

    @Test
    void aClosedStreamGivesNoBytes() throws Exception {
        put("k", content(100, 1));
        InputStream in = store.read("k", version("k"), new ByteRange(0, 100));
        in.close();
        in.close();
        assertThrows(IOException.class, in::read);
    }

    @Test
    void manyThreadsReadAtOnce() throws Exception {
        int files = 8;
        for (int i = 0; i < files; i++) {
            put("f" + i, content(200_000 + i, i));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<@Nullable Void>> results = new ArrayList<>();
            for (int task = 0; task < 64; task++) {
                int file = task % files;
                ByteRange range = new ByteRange(1000L * task, 50_000);
                Callable<@Nullable Void> read =
                        () -> {
                            assertArrayEquals(
                                    Arrays.copyOfRange(
                                            content(200_000 + file, file),
                                            (int) range.offset(),
                                            (int) range.end()),
                                    read("f" + file, range));
                            return null;
                        };
                results.add(threads.submit(read));
            }
            for (Future<@Nullable Void> result : results) {
                result.get();
            }
        }
    }

    /** Writes in a loop while reading: whatever a read gives is one version's, or it fails. */
    @Test
    void aReadNeverMixesVersions() throws Exception {
        int length = 256 << 10;
        byte[] ones = filled(length, 1);
        byte[] twos = filled(length, 2);
        put("k", ones);
        Thread writer =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                for (int i = 0; !Thread.interrupted(); i++) {
                                    put("k", i % 2 == 0 ? twos : ones);
                                }
                            } catch (Exception e) {
                                // Interrupted in the middle of a write: the test is over.
                                return;
                            }
                        });
        int whole = 0;
        try {
            for (int i = 0; i < 20_000 && whole < 50; i++) {
                byte[] seen = tryRead("k", length);
                if (seen != null) {
                    assertArrayEquals(filled(length, seen[0]), seen);
                    whole++;
                }
            }
        } finally {
            writer.interrupt();
            writer.join();
        }
        put("k", ones);
        assertArrayEquals(ones, read("k", ByteRange.whole(length)));
    }

    private byte @Nullable [] tryRead(String key, int length) {
        try {
            ObjectStatus status = store.stat(key).orElseThrow(() -> missing(key));
            if (status.length() != length) {
                return null;
            }
            try (InputStream in =
                    store.read(key, status.objectVersion(), ByteRange.whole(length))) {
                return in.readNBytes(length);
            }
        } catch (MillraceException e) {
            assertEquals(ErrorCode.STALE_VERSION, e.code(), e.getMessage());
            return null;
        } catch (IOException e) {
            return null;
        }
    }

    @Test
    void manyObjectsAreListedInPages() throws Exception {
        int count = Integer.getInteger("millrace.test.listing", 2_500);
        byte[] content = content(1, 1);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> puts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String key = String.format("many/%06d", i);
                puts.add(
                        threads.submit(() -> {
                            put(key, content);
                            return null;
                        }));
            }
            for (Future<?> put : puts) {
                put.get();
            }
        }
        int seen = 0;
        String continuation = null;
        do {
            ListPage page = store.list("many/", Depth.ONE_LEVEL, continuation, 1_000);
            for (ObjectStatus status : page.objects()) {
                assertEquals(String.format("many/%06d", seen++), status.key());
            }
            continuation = page.continuation();
        } while (continuation != null);
        assertEquals(count, seen);
    }

    protected final byte[] read(String key, ByteRange range) throws IOException {
        try (InputStream in = store.read(key, version(key), range)) {
            return in.readAllBytes();
        }
    }

    protected final String version(String key) {
        return store.stat(key).orElseThrow(() -> missing(key)).objectVersion();
    }

    private static AssertionError missing(String key) {
        return new AssertionError("no status of '" + key + "'");
    }

    protected final ListPage list(String prefix, Depth depth, int maxKeys) {
        return store.list(prefix, depth, null, maxKeys);
    }

    /** Objects and common prefixes of all pages, as they came. */
    protected final List<String> all(String prefix, Depth depth, int maxKeys) {
        List<String> seen = new ArrayList<>();
        String continuation = null;
        do {
            ListPage page = store.list(prefix, depth, continuation, maxKeys);
            assertTrue(page.objects().size() + page.commonPrefixes().size() <= maxKeys);
            seen.addAll(keys(page));
            seen.addAll(page.commonPrefixes());
            continuation = page.continuation();
        } while (continuation != null);
        return seen;
    }

    protected static List<String> keys(ListPage page) {
        return page.objects().stream().map(ObjectStatus::key).toList();
    }

    protected static byte[] content(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private interface Call {
        Object run() throws Exception;
    }

    private static void assertFails(ErrorCode code, String key, Call call) {
        MillraceException e = assertThrows(MillraceException.class, call::run);
        assertEquals(code, e.code());
        assertTrue(e.getMessage().contains(key), e.getMessage());
    }
}
