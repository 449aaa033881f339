package io.millrace.block.dataport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.Eventually;
import io.millrace.block.TestWorkerParts;
import io.millrace.block.fill.Prefetches;
import io.millrace.contracts.DataPort;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStoreListener.Verb;
import io.millrace.understore.faults.FaultyUnderStore;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class DataPortServerTest {

    private static final int MIB = 1 << 20;

    @TempDir Path directory;

    private Vertx vertx;
    private TestWorkerParts parts;
    private DataPortServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        vertx = Vertx.vertx();
        parts = new TestWorkerParts(directory, 256L * MIB);
        server = listen(0);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        server.stop(Duration.ofSeconds(2));
        parts.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void wholeFilesAndRangesAreServed() throws Exception {
        byte[] bytes = parts.object("a dir/x+y é.bin", 5 * MIB + 9);
        FileSource file = parts.stat("a dir/x+y é.bin");
        HttpResponse<byte[]> whole = get(request(file));
        assertEquals(200, whole.statusCode());
        assertArrayEquals(bytes, whole.body());

        HttpResponse<byte[]> part = get(request(file).header("Range", "bytes=1048570-1048600"));
        assertEquals(206, part.statusCode());
        assertEquals(
                "bytes 1048570-1048600/" + bytes.length,
                part.headers().firstValue("Content-Range").orElseThrow());
        assertArrayEquals(Arrays.copyOfRange(bytes, 1048570, 1048601), part.body());

        HttpResponse<byte[]> tail = get(request(file).header("Range", "bytes=-20"));
        assertArrayEquals(Arrays.copyOfRange(bytes, bytes.length - 20, bytes.length), tail.body());
        HttpResponse<byte[]> beyond =
                get(request(file).header("Range", "bytes=" + (bytes.length - 5) + "-99999999"));
        assertEquals(5, beyond.body().length);
        assertEquals(bytes.length, parts.counts.bytes());
    }

    @Test
    void headTellsWhatIsResidentAndFetchesNothing() throws Exception {
        parts.object("a", 2 * MIB);
        FileSource file = parts.stat("a");
        assertEquals(
                "0", get(request(file).HEAD()).headers().firstValue(DataPort.RESIDENT_BYTES).get());
        get(request(file).header("Range", "bytes=0-0"));
        HttpResponse<byte[]> head = get(request(file).HEAD());
        assertEquals(
                Integer.toString(MIB), head.headers().firstValue(DataPort.RESIDENT_BYTES).get());
        assertEquals(2L * MIB, head.headers().firstValueAsLong("Content-Length").getAsLong());
        assertEquals(1, parts.counts.calls(Verb.READ));
    }

    @Test
    void anEmptyFileIsServed() throws Exception {
        parts.object("empty", 0);
        HttpResponse<byte[]> answer = get(request(parts.stat("empty")));
        assertEquals(200, answer.statusCode());
        assertEquals(0, answer.body().length);
    }

    @Test
    void aNameThatIsNotTheHashOfTheSourceIsRefused() throws Exception {
        parts.object("a", 100);
        parts.object("secret", 100);
        FileSource file = parts.stat("a");
        FileSource other = parts.stat("secret");
        HttpRequest.Builder forged =
                headers(HttpRequest.newBuilder(uri(server, file.fileVersion().toString())), other);
        assertProblem(ErrorCode.INVALID_ARGUMENT, get(forged));
        assertEquals(0, parts.counts.calls(Verb.READ));
    }

    @Test
    void malformedRequestsAreRefusedByTheirFault() throws Exception {
        parts.object("a", 100);
        FileSource file = parts.stat("a");
        assertProblem(
                ErrorCode.RANGE_NOT_SATISFIABLE,
                get(request(file).header("Range", "bytes=100-200")));
        assertProblem(
                ErrorCode.INVALID_ARGUMENT, get(request(file).header("Range", "bytes=0-1,5-6")));
        assertProblem(ErrorCode.INVALID_ARGUMENT, get(request(file).header("Range", "lines=0-1")));
        assertProblem(
                ErrorCode.INVALID_ARGUMENT,
                get(headers(HttpRequest.newBuilder(uri(server, "zz")), file)));
        assertProblem(
                ErrorCode.INVALID_ARGUMENT,
                get(HttpRequest.newBuilder(uri(server, file.fileVersion().toString()))));
        assertProblem(
                ErrorCode.NOT_FOUND,
                get(
                        HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + server.port() + "/other"))));
        assertProblem(
                ErrorCode.READ_ONLY, get(request(file).POST(HttpRequest.BodyPublishers.noBody())));
    }

    @Test
    void aMountThatIsUnknownAndAChangedObjectSayWhatTheyAre() throws Exception {
        FileSource nowhere = new FileSource(99, "a", "v", 10);
        assertProblem(ErrorCode.STALE_VERSION, get(request(nowhere)));
        parts.object("a", 100);
        FileSource old = parts.stat("a");
        parts.object("a", 101);
        assertProblem(ErrorCode.STALE_VERSION, get(request(old)));
    }

    @Test
    void aReaderThatGoesAwayHalfWayLeavesNothingInUse() throws Exception {
        parts.object("a", 60 * MIB);
        FileSource file = parts.stat("a");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setReceiveBufferSize(64 << 10);
            String request =
                    "GET "
                            + DataPort.FILES
                            + file.fileVersion()
                            + " HTTP/1.1\r\nHost: x\r\n"
                            + DataPort.MOUNT
                            + ": 7\r\n"
                            + DataPort.KEY
                            + ": a\r\n"
                            + DataPort.OBJECT_VERSION
                            + ": "
                            + encode(file.objectVersion())
                            + "\r\n"
                            + DataPort.LENGTH
                            + ": "
                            + file.length()
                            + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertEquals(1000, in.readNBytes(1000).length);
            assertEquals(1, server.inFlight());
            parts.cache.drop(file.fileVersion());
            assertEquals(1000, in.readNBytes(1000).length);
        }
        Eventually.holds("nothing in flight", () -> server.inFlight() == 0);
        Eventually.holds("nothing in use", () -> parts.cache.usage().usedBytes() == 0);
        assertEquals(0, parts.filler.bufferedBytes());
    }

    @Test
    void moreRequestsThanTheLimitAreBusy() throws Exception {
        parts.object("a", 100);
        FileSource file = parts.stat("a");
        CountDownLatch asked = new CountDownLatch(4);
        CountDownLatch go = new CountDownLatch(1);
        parts.faults().now =
                new FaultyUnderStore.Faults() {
                    @Override
                    public void before(Verb verb, String subject) {
                        asked.countDown();
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        CompletableFuture<?>[] waiting = new CompletableFuture<?>[4];
        for (int i = 0; i < 4; i++) {
            waiting[i] =
                    client.sendAsync(
                            request(file).build(), HttpResponse.BodyHandlers.ofByteArray());
        }
        Eventually.holds("four in flight", () -> server.inFlight() == 4);
        HttpResponse<byte[]> fifth = get(request(file));
        assertProblem(ErrorCode.BUSY, fifth);
        go.countDown();
        CompletableFuture.allOf(waiting).get(10, TimeUnit.SECONDS);
        assertEquals(200, get(request(file)).statusCode());
        assertEquals(1, parts.counts.calls(Verb.READ));
    }

    @Test
    void aTakenPortIsOneSentence() {
        MillraceException taken =
                assertThrows(
                        MillraceException.class, () -> listenOnce(vertxOther(), server.port()));
        assertEquals(ErrorCode.CONFLICT, taken.code());
        assertTrue(taken.getMessage().contains("millrace.worker.data-port"), taken.getMessage());
    }

    private Vertx vertxOther() {
        Vertx other = Vertx.vertx();
        return other;
    }

    private void listenOnce(Vertx other, int port) {
        try {
            DataPortServer.start(
                            other,
                            1,
                            parts.filler,
                            new Prefetches(parts.filler, 64, 4),
                            settings(port),
                            DataPortMeter.NONE)
                    .close();
        } finally {
            other.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private DataPortServer listen(int port) {
        return DataPortServer.start(
                vertx,
                2,
                parts.filler,
                new Prefetches(parts.filler, 64, 4),
                settings(port),
                DataPortMeter.NONE);
    }

    private static DataPortSettings settings(int port) {
        return new DataPortSettings("127.0.0.1", port, 4, 64, 2L * MIB, Duration.ofSeconds(30));
    }

    private static void assertProblem(ErrorCode code, HttpResponse<byte[]> answer) {
        assertEquals(code.name(), answer.headers().firstValue(DataPort.ERROR).orElse("none"));
        assertEquals(code.httpStatus(), answer.statusCode());
        assertEquals(
                "application/problem+json",
                answer.headers().firstValue("Content-Type").orElseThrow());
        String body = new String(answer.body(), StandardCharsets.UTF_8);
        assertTrue(body.contains("\"code\":\"" + code.name() + "\""), body);
        assertTrue(body.contains(code.problemType()), body);
    }

    private HttpResponse<byte[]> get(HttpRequest.Builder request) throws Exception {
        return client.send(
                request.timeout(Duration.ofSeconds(20)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private HttpRequest.Builder request(FileSource file) {
        return headers(HttpRequest.newBuilder(uri(server, file.fileVersion().toString())), file);
    }

    private static URI uri(DataPortServer server, String name) {
        return URI.create("http://127.0.0.1:" + server.port() + DataPort.FILES + name);
    }

    private static HttpRequest.Builder headers(HttpRequest.Builder request, FileSource file) {
        return request.header(DataPort.MOUNT, Long.toString(file.mountId()))
                .header(DataPort.KEY, encode(file.key()))
                .header(DataPort.OBJECT_VERSION, encode(file.objectVersion()))
                .header(DataPort.LENGTH, Long.toString(file.length()));
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%2F", "/");
    }
}
