package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class MillraceClientTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private ScriptedMetadata metadata;
    private ScriptedDataPort one;
    private ScriptedDataPort two;
    private MillraceClient client;
    private final Cancellation never = new Cancellation();

    @BeforeEach
    void start() throws Exception {
        metadata = new ScriptedMetadata();
        one = new ScriptedDataPort("one");
        two = new ScriptedDataPort("two");
        metadata.workers(List.of(one.worker(), two.worker()));
        client = MillraceClient.connect(settings(), PATIENCE);
    }

    private ClientSettings settings() {
        return new ClientSettings(
                "127.0.0.1",
                metadata.port(),
                "test",
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(500),
                Duration.ofSeconds(3),
                8,
                10_000,
                16L << 20,
                1L << 30,
                Duration.ofHours(1),
                "this host");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        metadata.close();
        one.close();
        two.close();
    }

    private FileSource file(String key, int length, long seed) {
        FileSource source =
                new FileSource(ScriptedMetadata.MOUNT_ID, key, "\"" + seed + "\"", length);
        byte[] bytes = content(length, seed);
        one.serve(source, bytes);
        two.serve(source, bytes);
        return source;
    }

    private static byte[] content(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private byte[] read(FileSource source, long offset, int bytes) {
        try (FileReader reader = client.open(source)) {
            return read(reader, offset, bytes);
        }
    }

    private byte[] read(FileReader reader, long offset, int bytes) {
        ByteBuffer target = ByteBuffer.allocateDirect(bytes);
        int read = reader.read(target, offset, never);
        byte[] result = new byte[read];
        target.get(0, result);
        return result;
    }

    private static byte[] range(byte[] whole, int offset, int bytes) {
        return java.util.Arrays.copyOfRange(whole, offset, Math.min(whole.length, offset + bytes));
    }

    @Test
    void aRangeIsReadFromAWorker() {
        FileSource source = file("dir/ä b.bin", 3_000_000, 1);
        byte[] whole = content(3_000_000, 1);
        assertArrayEquals(range(whole, 1_234_567, 500_000), read(source, 1_234_567, 500_000));
        assertArrayEquals(range(whole, 2_999_990, 10), read(source, 2_999_990, 100));
        assertEquals(0, read(source, 3_000_000, 100).length);
        String head = one.requests.get() > 0 ? one.heads.getFirst() : two.heads.getFirst();
        assertTrue(head.contains("Millrace-Key: dir/%C3%A4%20b.bin\r\n"), head);
        assertTrue(head.contains("Millrace-Object-Version: %221%22\r\n"), head);
    }

    @Test
    void aSmallFileIsFetchedOnceForAllItsReads() {
        FileSource source = file("small", 300_000, 2);
        byte[] whole = content(300_000, 2);
        try (FileReader reader = client.open(source)) {
            for (int at = 0; at < 300_000; at += 10_000) {
                assertArrayEquals(range(whole, at, 10_000), read(reader, at, 10_000));
            }
        }
        assertEquals(1, one.requests.get() + two.requests.get());
    }

    @Test
    void aSequentialReaderIsReadAhead() throws Exception {
        FileSource source = file("large", 20 << 20, 3);
        byte[] whole = content(20 << 20, 3);
        try (FileReader reader = client.open(source)) {
            for (int at = 0; at < whole.length; at += 1 << 20) {
                assertArrayEquals(range(whole, at, 1 << 20), read(reader, at, 1 << 20));
                if (at == 4 << 20) {
                    await(
                            "segments are fetched before they are asked for",
                            () -> one.requests.get() + two.requests.get() > 6);
                }
            }
        }
        assertTrue(one.requests.get() + two.requests.get() <= 24);
    }

    @ParameterizedTest
    @EnumSource(
            value = ScriptedDataPort.Fault.class,
            names = {"STALE", "CLOSE_AFTER"},
            mode = EnumSource.Mode.EXCLUDE)
    void aWorkerThatFailsIsFollowedByTheNext(ScriptedDataPort.Fault fault) {
        FileSource source = file("a", 5_000_000, 4);
        one.fail(fault, fault);
        two.fail(fault);
        byte[] whole = content(5_000_000, 4);
        assertArrayEquals(range(whole, 100, 2_000_000), read(source, 100, 2_000_000));
    }

    @Test
    void whatCameBeforeAFailureIsNotFetchedAgain() {
        FileSource source = file("a", 5_000_000, 4);
        one.fail(ScriptedDataPort.Fault.SHORT_BODY);
        two.fail(ScriptedDataPort.Fault.SHORT_BODY);
        assertArrayEquals(range(content(5_000_000, 4), 0, 4_000_000), read(source, 0, 4_000_000));
        List<String> all = new ArrayList<>(one.heads);
        all.addAll(two.heads);
        assertEquals(3, all.size());
        assertTrue(all.stream().anyMatch(head -> head.contains("bytes=2000000-3999999")), "" + all);
        assertTrue(all.stream().anyMatch(head -> head.contains("bytes=3000000-3999999")), "" + all);
    }

    @Test
    void aDeadWorkerIsNotAskedFirstForAWhile() throws Exception {
        one.close();
        for (int i = 0; i < 40; i++) {
            FileSource source = file("f" + i, 1000, i);
            assertArrayEquals(content(1000, i), read(source, 0, 1000));
        }
        assertEquals(1, client.counters().workerFailures());
    }

    @Test
    void anIdleConnectionThatTheWorkerEndedIsNotAFailure() {
        one.fail(ScriptedDataPort.Fault.CLOSE_AFTER);
        two.fail(ScriptedDataPort.Fault.CLOSE_AFTER);
        for (int i = 0; i < 20; i++) {
            assertArrayEquals(content(1000, i), read(file("f" + i, 1000, i), 0, 1000));
        }
        assertEquals(0, client.counters().workerFailures());
        assertTrue(one.connections.get() + two.connections.get() <= 4);
    }

    @Test
    void aChangedObjectIsStaleAtOnce() {
        FileSource source = file("a", 1000, 4);
        one.fail(ScriptedDataPort.Fault.STALE);
        two.fail(ScriptedDataPort.Fault.STALE);
        assertEquals(ErrorCode.STALE_VERSION, failure(() -> read(source, 0, 1000)).code());
    }

    @Test
    void withoutAWorkerAReadFailsAtItsDeadline() {
        FileSource source = file("a", 1000, 4);
        metadata.workers(List.of());
        await("the ring is empty", () -> client.cacheSpace().capacityBytes() == 0);
        MillraceException failure = failure(() -> read(source, 0, 1000));
        assertEquals(ErrorCode.UNAVAILABLE, failure.code());
        assertTrue(failure.getMessage().contains("no worker is in the ring"), failure.getMessage());
    }

    @Test
    void withoutAWorkerTheUnderStoreIsReadWhereTheMountAllowsIt(@TempDir Path store)
            throws Exception {
        byte[] bytes = content(200_000, 5);
        Files.write(store.resolve("a"), bytes);
        String version;
        try (var opened =
                io.millrace.understore.UnderStores.open(
                        new io.millrace.understore.UnderStoreSettings(
                                store.toUri(),
                                "",
                                "",
                                false,
                                "",
                                io.millrace.understore.UnderStoreSettings.Limits.DEFAULT))) {
            version = opened.stat("a").orElseThrow().objectVersion();
        }
        metadata.mount(
                Mount.newBuilder()
                        .setId(ScriptedMetadata.MOUNT_ID)
                        .setPath("/")
                        .setUri(store.toUri().toString())
                        .setOptions(MountOptions.newBuilder().setDirectFallback(true))
                        .build());
        metadata.workers(List.of());
        await("the ring is empty", () -> client.cacheSpace().capacityBytes() == 0);
        FileSource source = new FileSource(ScriptedMetadata.MOUNT_ID, "a", version, bytes.length);
        assertArrayEquals(bytes, read(source, 0, bytes.length));
        assertEquals(1, client.counters().underStoreReads());
    }

    @Test
    void aCancelledReadEndsAtOnce() throws Exception {
        FileSource source = file("a", 5_000_000, 4);
        one.hanging = true;
        two.hanging = true;
        Cancellation cancellation = new Cancellation();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                FileReader reader = client.open(source)) {
            Future<Integer> read =
                    executor.submit(
                            () -> reader.read(ByteBuffer.allocateDirect(1000), 0, cancellation));
            await("a worker is asked", () -> one.requests.get() + two.requests.get() > 0);
            cancellation.cancel();
            Exception failure =
                    assertThrows(java.util.concurrent.ExecutionException.class, read::get);
            assertTrue(
                    failure.getCause() instanceof MillraceException e
                            && e.code() == ErrorCode.INTERRUPTED,
                    "" + failure.getCause());
        }
    }

    @Test
    void manyReadersAtOnceShareFewConnections() throws Exception {
        byte[] whole = content(6_000_000, 6);
        FileSource source = file("shared", 6_000_000, 6);
        List<Future<?>> all = new ArrayList<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 60; i++) {
                int reader = i;
                all.add(
                        executor.submit(() -> {
                            Random random = new Random(reader);
                            for (int n = 0; n < 20; n++) {
                                int at = random.nextInt(5_900_000);
                                assertArrayEquals(range(whole, at, 5000), read(source, at, 5000));
                            }
                        }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertTrue(one.connections.get() + two.connections.get() <= 16);
    }

    @Test
    void aNameIsAskedOnceUntilItChanges() throws Exception {
        metadata.file(ScriptedMetadata.ROOT, "a", file("a", 10, 1));
        assertNull(client.namespace().known(ScriptedMetadata.ROOT, "a"));
        long before = client.counters().metadataCalls();
        for (int i = 0; i < 10; i++) {
            NamespaceEntry entry =
                    client.namespace().lookup(ScriptedMetadata.ROOT, "a", never).entry();
            assertNotNull(entry);
            assertEquals(10, entry.file().length());
            assertNull(client.namespace().lookup(ScriptedMetadata.ROOT, "b", never).entry());
        }
        assertEquals(before + 2, client.counters().metadataCalls());
        metadata.file(ScriptedMetadata.ROOT, "a", file("a", 20, 2));
        metadata.invalidate(ScriptedMetadata.ROOT, "a");
        await(
                "the new version is seen",
                () -> {
                    NamespaceEntry entry =
                            client.namespace().lookup(ScriptedMetadata.ROOT, "a", never).entry();
                    return entry != null && entry.file().length() == 20;
                });
    }

    @Test
    void aDirectoryThatIsReadInRandomOrderIsLearntByPages() {
        long directory = metadata.directory(ScriptedMetadata.ROOT, "d");
        FileSource source = file("a", 10, 1);
        for (int i = 0; i < 2_400; i++) {
            metadata.file(directory, "f" + i, source);
        }
        for (int i = 0; i < 8; i++) {
            assertNotNull(client.namespace().lookup(directory, "f" + (i * 300), never).entry());
        }
        await("all names are known", () -> client.namespace().known(directory, "f999") != null);
        long before = client.counters().metadataCalls();
        for (int i = 0; i < 2_400; i++) {
            assertNotNull(client.namespace().lookup(directory, "f" + i, never).entry());
        }
        assertEquals(before, client.counters().metadataCalls());
        assertEquals(2, metadata.pages.get());
    }

    @Test
    void afterAResyncEverythingIsAskedAgain() {
        metadata.file(ScriptedMetadata.ROOT, "a", file("a", 10, 1));
        var _ = client.namespace().lookup(ScriptedMetadata.ROOT, "a", never);
        var _ = client.namespace().page(ScriptedMetadata.ROOT, "", never);
        metadata.resync();
        await("the name is dropped", () -> client.namespace().known(1, "a") == null);
        assertNull(client.namespace().knownPage(ScriptedMetadata.ROOT, ""));
    }

    @Test
    void whatIsKnownOutlivesMetadataServiceAndTheRestFails() throws Exception {
        metadata.validMillis = 1;
        metadata.file(ScriptedMetadata.ROOT, "a", file("a", 10, 1));
        var _ = client.namespace().lookup(ScriptedMetadata.ROOT, "a", never);
        await("it is too old", () -> client.namespace().known(1, "a") == null);
        metadata.stop();
        assertNotNull(client.namespace().lookup(ScriptedMetadata.ROOT, "a", never).entry());
        assertEquals(
                ErrorCode.DEADLINE_EXCEEDED,
                failure(() -> client.namespace().lookup(ScriptedMetadata.ROOT, "b", never)).code());
        metadata.restart();
        await("the watch is back", () -> metadata.watches.get() >= 2);
        assertNull(client.namespace().lookup(ScriptedMetadata.ROOT, "b", never).entry());
        assertEquals("a", client.namespace().resolve(NamespacePath.parse("/a"), never).name());
    }

    @Test
    void anUnknownNameIsAskedAgainWhenTheServiceFails() {
        metadata.file(ScriptedMetadata.ROOT, "a", file("a", 10, 1));
        metadata.failures.set(2);
        assertNotNull(client.namespace().lookup(ScriptedMetadata.ROOT, "a", never).entry());
        assertEquals(3, metadata.lookups.get());
    }

    @Test
    void aClientWithoutMetadataServiceSaysSo() {
        ClientSettings nowhere = ClientSettings.of("127.0.0.1", 1, "test");
        MillraceException failure =
                failure(() -> MillraceClient.connect(nowhere, Duration.ofMillis(300)).close());
        assertEquals(ErrorCode.UNAVAILABLE, failure.code());
        assertTrue(failure.getMessage().contains("127.0.0.1:1"), failure.getMessage());
    }

    private static MillraceException failure(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(MillraceException.class, call);
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                fail("did not come true: " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
