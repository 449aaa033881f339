package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom reads go to when several workers keep a block. */
@Timeout(60)
class ReplicaReadsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int FILES = 40;

    private ScriptedMetadata metadata;
    private final List<ScriptedDataPort> ports = new ArrayList<>();
    private MillraceClient client;
    private long capacity = 1L << 30;
    private final List<FileSource> files = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        metadata = new ScriptedMetadata();
        for (String id : List.of("one", "two", "three")) {
            ports.add(new ScriptedDataPort(id));
        }
        metadata.workers(ports.stream().map(ScriptedDataPort::worker).toList());
        client =
                MillraceClient.connect(
                        new ClientSettings(
                                "127.0.0.1",
                                metadata.port(),
                                "test",
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(3),
                                8,
                                10_000,
                                16L << 20,
                                1L << 30,
                                Duration.ofHours(1),
                                "this host"),
                        PATIENCE);
        for (int i = 0; i < FILES; i++) {
            FileSource file = new FileSource(ScriptedMetadata.MOUNT_ID, "d/f" + i, "\"v\"", 1_000);
            files.add(file);
            for (ScriptedDataPort port : ports) {
                port.serve(file, content(i));
            }
        }
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        metadata.close();
        for (ScriptedDataPort port : ports) {
            port.close();
        }
    }

    private static byte[] content(int file) {
        byte[] bytes = new byte[1_000];
        new Random(file).nextBytes(bytes);
        return bytes;
    }

    private void readAll() {
        for (int i = 0; i < FILES; i++) {
            try (FileReader reader = client.open(files.get(i))) {
                ByteBuffer target = ByteBuffer.allocateDirect(1_000);
                assertEquals(1_000, reader.read(target, 0, new Cancellation()));
                byte[] got = new byte[1_000];
                target.get(0, got);
                assertArrayEquals(content(i), got);
            }
        }
    }

    /** Returns when the client knows it. */
    private void replicas(String path, int count) throws InterruptedException {
        metadata.policies(
                new PathPolicies(
                        Map.of(
                                NamespacePath.parse(path),
                                new PathPolicy(null, null, count, null, null, null))));
        tell(ports.stream().map(ScriptedDataPort::worker).toList());
    }

    /** Returns when the client knows of these workers, and of all that was told before. */
    private void tell(List<Worker> workers) throws InterruptedException {
        capacity++;
        metadata.workers(
                workers.stream()
                        .map(worker -> worker.toBuilder().setCapacityBytes(capacity).build())
                        .toList());
        await(
                "the workers are known",
                () -> client.cacheSpace().capacityBytes() == capacity * workers.size());
    }

    private List<Integer> requests() {
        return ports.stream().map(port -> port.requests.get()).toList();
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, what);
            Thread.sleep(5);
        }
    }

    @Test
    void withoutReplicasTheFirstOwnerIsAsked() {
        readAll();
        List<Integer> once = requests();
        readAll();
        assertEquals(once.stream().map(count -> 2 * count).toList(), requests());
    }

    @Test
    void asManyOwnersAsReplicasAreAskedInTurn() throws Exception {
        replicas("/d", 3);
        List<Integer> before = requests();
        for (int pass = 0; pass < 3; pass++) {
            readAll();
        }
        List<Integer> after = requests();
        for (int i = 0; i < 3; i++) {
            assertEquals(FILES, after.get(i) - before.get(i), before + " " + after);
        }
        assertEquals(0, client.counters().workerFailures());
    }

    @Test
    void replicasOfAnotherPathChangeNothing() throws Exception {
        readAll();
        List<Integer> once = requests();
        replicas("/other", 3);
        readAll();
        assertEquals(once.stream().map(count -> 2 * count).toList(), requests());
    }

    @Test
    void theOthersAreAskedWhenOneIsGone() throws Exception {
        replicas("/", 2);
        ports.getFirst().close();
        readAll();
        readAll();
        assertTrue(client.counters().workerFailures() <= 2, client.counters().toString());
    }

    private List<Worker> workersWithLocal(UnaryOperator<Worker.Builder> change) {
        List<Worker> workers =
                new ArrayList<>(ports.stream().map(ScriptedDataPort::worker).toList());
        Worker.Builder local = workers.getLast().toBuilder().setWeight(0).setHostId("this host");
        workers.set(2, change.apply(local).build());
        return workers;
    }

    @Test
    void aWorkerOfWeightZeroOnThisHostIsAskedFirstAndTheOwnersWhenItIsGone() throws Exception {
        tell(workersWithLocal(local -> local));
        readAll();
        assertEquals(List.of(0, 0, FILES), requests());
        assertEquals(0, client.counters().workerFailures());
        ports.get(2).close();
        readAll();
        assertEquals(
                List.of(FILES, FILES),
                List.of(requests().get(2), requests().get(0) + requests().get(1)));
        assertTrue(client.counters().workerFailures() <= 2, client.counters().toString());
    }

    @Test
    void oneOnAnotherHostOrThatDrainsIsNot() throws Exception {
        tell(workersWithLocal(local -> local.setHostId("another host")));
        readAll();
        assertEquals(0, requests().get(2));
        tell(workersWithLocal(local -> local.setState(WorkerState.WORKER_STATE_DRAINING)));
        readAll();
        assertEquals(0, requests().get(2));
    }

    @Test
    void whoIsBusyIsPassedOver() throws Exception {
        replicas("/", 3);
        ScriptedDataPort busy = ports.getFirst();
        busy.holdBehind(1, 0);
        Cancellation cancellation = new Cancellation();
        Thread waiting = Thread.ofVirtual().start(() -> readUntilHeld(busy, cancellation));
        await("a request is held", () -> busy.held.get() == 1);
        int asked = busy.requests.get();
        readAll();
        assertEquals(asked, busy.requests.get());
        cancellation.cancel();
        waiting.join();
        await(
                "it is asked again",
                () -> {
                    readAll();
                    return busy.requests.get() > asked;
                });
    }

    private void readUntilHeld(ScriptedDataPort busy, Cancellation cancellation) {
        try {
            for (int i = 0; busy.held.get() == 0; i = (i + 1) % FILES) {
                try (FileReader reader = client.open(files.get(i))) {
                    reader.read(ByteBuffer.allocateDirect(1_000), 0, cancellation);
                }
            }
        } catch (MillraceException e) {
            assertEquals(ErrorCode.INTERRUPTED, e.code());
        }
    }

    @Test
    void aDrainingWorkerKeepsNoReplica() throws Exception {
        List<Worker> workers = new ArrayList<>();
        for (ScriptedDataPort port : ports) {
            workers.add(port.worker());
        }
        workers.set(
                0,
                workers.getFirst().toBuilder().setState(WorkerState.WORKER_STATE_DRAINING).build());
        replicas("/", 3);
        tell(workers);
        List<Integer> before = requests();
        readAll();
        readAll();
        assertEquals(
                2 * FILES, requests().get(1) + requests().get(2) - before.get(1) - before.get(2));
        assertEquals(before.getFirst(), requests().getFirst());
    }
}
