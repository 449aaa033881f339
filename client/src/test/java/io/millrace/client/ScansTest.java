package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.FileSource;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ScansTest {

    private static final int FILES = 1_000;
    private static final int BYTES = 1_000;

    private ScriptedMetadata metadata;
    private ScriptedDataPort port;
    private MillraceClient client;
    private long directory;
    private final Cancellation never = new Cancellation();

    @BeforeEach
    void start() throws Exception {
        metadata = new ScriptedMetadata();
        port = new ScriptedDataPort("one");
        metadata.workers(List.of(port.worker()));
        directory = metadata.directory(ScriptedMetadata.ROOT, "set");
        for (int i = 0; i < FILES; i++) {
            FileSource source =
                    new FileSource(ScriptedMetadata.MOUNT_ID, "set/" + name(i), "v", BYTES);
            metadata.file(directory, name(i), source);
            port.serve(source, new byte[BYTES]);
        }
        client = connect(1L << 30);
    }

    private MillraceClient connect(long scanAheadBytes) {
        ClientSettings some = ClientSettings.of("127.0.0.1", metadata.port(), "test");
        return MillraceClient.connect(
                new ClientSettings(
                        some.metadataHost(),
                        some.metadataPort(),
                        some.subscriber(),
                        some.metadataTimeout(),
                        some.readTimeout(),
                        some.attemptTimeout(),
                        some.suspectTime(),
                        some.connectionsPerWorker(),
                        some.cachedNames(),
                        some.readAheadBytes(),
                        scanAheadBytes,
                        some.outage(),
                        some.hostId()),
                Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        metadata.close();
        port.close();
    }

    private static String name(int i) {
        return "f%04d".formatted(i);
    }

    private void read(int i) {
        NamespaceEntry entry = client.namespace().lookup(directory, name(i), never).entry();
        assertNotNull(entry);
        try (FileReader reader = client.open(entry)) {
            assertEquals(BYTES, reader.read(ByteBuffer.allocateDirect(BYTES), 0, never));
        }
    }

    private void list() {
        client.namespace().page(directory, "", never);
    }

    private List<String> prefetched() {
        synchronized (port.prefetched) {
            return List.copyOf(port.prefetched);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(2);
        }
    }

    @Test
    void filesReadInTheOrderOfTheListingAreAskedForAhead() throws Exception {
        list();
        for (int i = 100; i < 112; i++) {
            read(i);
        }
        await(() -> !prefetched().isEmpty());
        int first = Integer.parseInt(prefetched().getFirst().substring(5));
        assertTrue(first > 100 && first <= 112, prefetched().getFirst());
        for (int i = 112; i < FILES; i++) {
            String key = "set/" + name(i);
            await(() -> prefetched().contains(key));
            read(i);
        }
        assertTrue(client.counters().workerMisses() <= 12, "what was asked for is no miss");
        assertEquals(
                prefetched().size(), new HashSet<>(prefetched()).size(), "none is asked for twice");
    }

    @Test
    void anUncachedSmallFileOfAListedDirectoryCostsOneDataRequest() {
        list();
        long metadataCalls = client.counters().metadataCalls();
        read(7);
        assertEquals(metadataCalls, client.counters().metadataCalls());
        assertEquals(1, port.requests.get());
        assertEquals(1, client.counters().workerMisses());
    }

    @Test
    void filesReadInRandomOrderAreAskedForOnceManyWereMissed() throws Exception {
        list();
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(3));
        order.subList(0, 15).forEach(this::read);
        assertEquals(0, prefetched().size());
        order.subList(15, FILES).forEach(this::read);
        await(() -> prefetched().size() > FILES / 2);
    }

    @Test
    void readersWhoTurnAwayEndTheScan() throws Exception {
        list();
        for (int i = 0; i < 10; i++) {
            read(i);
        }
        await(() -> prefetched().size() >= 32);
        // What was asked for is never opened: a bounded number is lost.
        for (int i = 912; i > 900; i--) {
            read(i);
        }
        assertTrue(prefetched().size() <= 128, prefetched().size() + " asked for");
    }

    @Test
    void allDirectoriesTogetherAreAskedForNoMoreThanTheLimit() throws Exception {
        long first = directory;
        long second = metadata.directory(ScriptedMetadata.ROOT, "other");
        for (int i = 0; i < FILES; i++) {
            FileSource source =
                    new FileSource(ScriptedMetadata.MOUNT_ID, "set/" + name(i), "v", BYTES);
            metadata.file(second, name(i), source);
        }
        client.close();
        client = connect(100 * BYTES);
        for (long each : List.of(first, second)) {
            directory = each;
            list();
            for (int i = 0; i < 12; i++) {
                port.forgetCached();
                read(i);
            }
            await(() -> client.counters().scanAskedFiles() > 0);
        }
        await(() -> client.counters().scanAskedFiles() - client.counters().scanMetFiles() == 100);
        directory = first;
        for (int i = 12; i < 20; i++) {
            read(i);
        }
        await(() -> client.counters().scanAskedFiles() - client.counters().scanMetFiles() == 100);
    }

    @Test
    void aWorkerWithoutRoomIsLeftAlone() throws Exception {
        port.prefetchRoom = 0;
        list();
        for (int i = 0; i < 200; i++) {
            read(i);
        }
        assertEquals(0, client.counters().scanAskedFiles());
    }
}
