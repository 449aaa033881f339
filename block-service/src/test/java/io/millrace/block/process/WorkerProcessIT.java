package io.millrace.block.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.block.Eventually;
import io.millrace.contracts.DataPort;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.BlockServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.ResidencyRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.model.FileSource;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class WorkerProcessIT {

    private static final int MIB = 1 << 20;

    @TempDir Path directory;

    private Path source;
    private Mount mount;
    private ScriptedMetadataService metadata;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        source = Files.createDirectories(directory.resolve("source"));
        mount =
                Mount.newBuilder()
                        .setId(1)
                        .setPath("/data")
                        .setUri(source.toUri().toString())
                        .build();
        metadata = new ScriptedMetadataService(mount);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        metadata.close();
    }

    @Test
    void aWorkerRegistersServesWithoutTheMetadataServiceAndKeepsItsCacheOverAStop()
            throws Exception {
        byte[] bytes = object("a.bin", 9 * MIB + 1);
        FileSource file = stat("a.bin");
        String id;
        try (WorkerProcess worker = startWorker()) {
            Worker registered = registered(worker);
            id = registered.getId();
            assertEquals(
                    List.of(directory.resolve("cache").toString()),
                    registered.getCacheDirectoriesList());
            assertArrayEquals(bytes, get(registered, file));
            assertEquals(file.length(), residency(registered, file));

            metadata.workers.clear();
            Eventually.holds(
                    "forgotten, it registers again", () -> metadata.workers.containsKey(id));

            String address = metadata.address();
            metadata.close();
            object("b.bin", MIB);
            FileSource other = stat("b.bin");
            assertEquals(
                    MIB, get(registered, other).length, "fetched while " + address + " is away");

            worker.process.destroy();
            assertTrue(worker.process.waitFor(10, TimeUnit.SECONDS), worker.log());
        }
        Files.delete(source.resolve("a.bin"));
        metadata = new ScriptedMetadataService(mount);
        try (WorkerProcess worker = startWorker()) {
            Worker registered = registered(worker);
            assertEquals(id, registered.getId());
            assertEquals(file.length(), residency(registered, file));
            assertArrayEquals(bytes, get(registered, file), "from the cache: the object is gone");
            worker.process.destroy();
            assertTrue(worker.process.waitFor(10, TimeUnit.SECONDS), worker.log());
            assertEquals(List.of(id), metadata.left);
        }
    }

    @Test
    void aWorkerKilledInTheMiddleOfAFillServesTheRightBytesAfterwards() throws Exception {
        byte[] bytes = object("big.bin", 96 * MIB);
        FileSource file = stat("big.bin");
        try (WorkerProcess worker = startWorker()) {
            Worker registered = registered(worker);
            HttpResponse<InputStream> answer =
                    client.send(
                            request(registered, file).GET().build(),
                            HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = answer.body()) {
                in.readNBytes(20 * MIB);
                worker.process.destroyForcibly();
                worker.exit();
            }
        }
        metadata.workers.clear();
        try (WorkerProcess worker = startWorker()) {
            Worker registered = registered(worker);
            long resident = residency(registered, file);
            assertTrue(resident >= 10 * MIB, resident + " bytes were kept");
            assertArrayEquals(bytes, get(registered, file));
            assertTrue(!worker.log().contains("wrong checksum"), worker.log());
        }
    }

    @Test
    void whatCannotStartSaysWhyInOneSentence() throws Exception {
        try (WorkerProcess first = startWorker()) {
            Worker registered = registered(first);
            assertRefused("is already in use by process " + first.process.pid());
            Path second = Files.createDirectories(directory.resolve("second"));
            assertRefused(
                    "millrace.worker.data-port",
                    "cache-directories=" + second,
                    "data-port=" + registered.getDataPort());
        }
        Path file = Files.writeString(directory.resolve("file"), "x");
        assertRefused("cannot be written", "cache-directories=" + file);
        assertRefused("millrace.worker.capacity is '1KiB'", "capacity=1KiB");
        assertRefused("unknown setting 'millrace.worker.kapacity'", "kapacity=1GiB");
        assertRefused("millrace.worker.max-in-flight", "max-in-flight=many");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertRefused(
                    "quarkus.grpc.server.port",
                    "*quarkus.grpc.server.port=" + taken.getLocalPort());
        }
    }

    private void assertRefused(String expected, String... settings) throws Exception {
        String[] all = new String[settings.length + 1];
        all[0] = "metadata-service=" + metadata.address();
        System.arraycopy(settings, 0, all, 1, settings.length);
        try (WorkerProcess worker = WorkerProcess.start(directory, all)) {
            assertNotEquals(0, worker.exit(), worker.log());
            List<String> sentences =
                    worker.log()
                            .lines()
                            .filter(line -> line.startsWith("millrace worker: "))
                            .toList();
            assertEquals(1, sentences.size(), worker.log());
            assertTrue(sentences.getFirst().contains(expected), sentences.getFirst());
            assertTrue(!worker.log().contains("\tat "), worker.log());
        }
    }

    private WorkerProcess startWorker() throws IOException {
        return WorkerProcess.start(directory, "metadata-service=" + metadata.address());
    }

    private Worker registered(WorkerProcess worker) {
        Eventually.holds(
                "registered",
                () -> {
                    if (!worker.process.isAlive()) {
                        throw new AssertionError(worker.log());
                    }
                    return !metadata.workers.isEmpty();
                });
        return metadata.workers.values().iterator().next();
    }

    private long residency(Worker worker, FileSource file) throws Exception {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", worker.getControlPort())
                        .usePlaintext()
                        .build();
        try {
            return BlockServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .residency(
                            ResidencyRequest.newBuilder()
                                    .addFiles(Messages.toMessage(file))
                                    .build())
                    .getResidentBytes(0);
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private byte[] get(Worker worker, FileSource file) throws Exception {
        HttpResponse<byte[]> answer =
                client.send(
                        request(worker, file).GET().build(),
                        HttpResponse.BodyHandlers.ofByteArray());
        assertEquals(200, answer.statusCode(), new String(answer.body(), StandardCharsets.UTF_8));
        return answer.body();
    }

    private static HttpRequest.Builder request(Worker worker, FileSource file) {
        return HttpRequest.newBuilder(
                        URI.create(
                                "http://127.0.0.1:"
                                        + worker.getDataPort()
                                        + DataPort.FILES
                                        + file.fileVersion()))
                .timeout(Duration.ofSeconds(30))
                .header(DataPort.MOUNT, Long.toString(file.mountId()))
                .header(DataPort.KEY, file.key())
                .header(
                        DataPort.OBJECT_VERSION,
                        URLEncoder.encode(file.objectVersion(), StandardCharsets.UTF_8))
                .header(DataPort.LENGTH, Long.toString(file.length()));
    }

    private byte[] object(String key, int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        Files.write(source.resolve(key), bytes);
        return bytes;
    }

    private FileSource stat(String key) {
        try (UnderStore store =
                UnderStores.open(
                        new UnderStoreSettings(
                                source.toUri(),
                                "",
                                "",
                                false,
                                "",
                                UnderStoreSettings.Limits.DEFAULT))) {
            ObjectStatus status = store.stat(key).orElseThrow();
            return new FileSource(1, key, status.objectVersion(), status.length());
        }
    }
}
