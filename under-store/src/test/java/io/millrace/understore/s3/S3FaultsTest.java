package io.millrace.understore.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.AttemptListener;
import io.millrace.understore.AttemptListener.Pressure;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreListener;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers that no well-behaved server gives, from a real one that does. */
class S3FaultsTest {

    private static final byte[] BODY = "0123456789".getBytes(UTF_8);
    private static final String VERSION = "\"v1\"";
    private static final ByteRange WHOLE = ByteRange.whole(BODY.length);

    private final AtomicInteger requests = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private HttpServer server;
    private volatile Answer answer = S3FaultsTest::good;

    private interface Answer {
        void give(HttpExchange exchange, int request) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        answer.give(exchange, requests.incrementAndGet());
                    }
                });
        server.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
    }

    @Test
    void aStoreThatWantsLessIsAskedAgainLater() throws Exception {
        answer =
                (exchange, request) -> {
                    if (request <= 2) {
                        slowDown(exchange);
                    } else {
                        good(exchange, request);
                    }
                };
        try (UnderStore store = open(4);
                InputStream in = store.read("k", VERSION, WHOLE)) {
            assertArrayEquals(BODY, in.readAllBytes());
        }
        assertEquals(3, requests.get());
    }

    @Test
    void eachAttemptTellsWhetherTheStoreWantsLess() throws Exception {
        answer =
                (exchange, request) -> {
                    switch (request) {
                        case 1 -> slowDown(exchange);
                        case 2 -> error(exchange, 500, "InternalError");
                        case 3 -> awaitOver();
                        default -> good(exchange, request);
                    }
                };
        List<AttemptListener.Pressure> heard = new CopyOnWriteArrayList<>();
        try (UnderStore store =
                        UnderStores.open(
                                settings(
                                        "http://127.0.0.1:" + server.getAddress().getPort(),
                                        4,
                                        Duration.ofMillis(300),
                                        Duration.ofSeconds(20)),
                                (verb, pressure) -> {
                                    assertEquals(UnderStoreListener.Verb.READ, verb);
                                    heard.add(pressure);
                                });
                InputStream in = store.read("k", VERSION, WHOLE)) {
            assertArrayEquals(BODY, in.readAllBytes());
        }
        assertEquals(
                List.of(Pressure.TOO_MUCH, Pressure.NONE, Pressure.TOO_MUCH, Pressure.NONE), heard);
    }

    @Test
    void aStoreThatStaysBusyIsReportedSo() {
        answer = (exchange, request) -> slowDown(exchange);
        try (UnderStore store = open(3)) {
            MillraceException e = assertThrows(MillraceException.class, () -> store.stat("k"));
            assertEquals(ErrorCode.BUSY, e.code());
            assertTrue(e.getMessage().contains("3 attempts"), e.getMessage());
        }
        assertEquals(3, requests.get());
    }

    @Test
    void tooManyRequestsIsBusyToo() {
        answer = (exchange, request) -> error(exchange, 429, "TooManyRequests");
        try (UnderStore store = open(2)) {
            MillraceException e =
                    assertThrows(MillraceException.class, () -> store.read("k", VERSION, WHOLE));
            assertEquals(ErrorCode.BUSY, e.code());
        }
        assertEquals(2, requests.get());
    }

    @Test
    void whatWillNotChangeIsNotAskedAgain() {
        answer = (exchange, request) -> error(exchange, 403, "AccessDenied");
        try (UnderStore store = open(5)) {
            MillraceException e =
                    assertThrows(MillraceException.class, () -> store.read("k", VERSION, WHOLE));
            assertEquals(ErrorCode.PERMISSION_DENIED, e.code());
        }
        assertEquals(1, requests.get());
    }

    @Test
    void aServerErrorIsTriedAgainAndThenUnavailable() {
        answer = (exchange, request) -> error(exchange, 500, "InternalError");
        try (UnderStore store = open(2)) {
            MillraceException e =
                    assertThrows(MillraceException.class, () -> store.read("k", VERSION, WHOLE));
            assertEquals(ErrorCode.UNAVAILABLE, e.code());
        }
        assertEquals(2, requests.get());
    }

    @Test
    void anObjectWithNeitherEtagNorTimeIsRefused() {
        answer = (exchange, request) -> exchange.sendResponseHeaders(200, -1);
        try (UnderStore store = open(1)) {
            MillraceException e = assertThrows(MillraceException.class, () -> store.stat("k"));
            assertEquals(ErrorCode.INVALID_ARGUMENT, e.code());
            assertTrue(e.getMessage().contains("neither an ETag"), e.getMessage());
        }
    }

    @Test
    void aTruncatedBodyFailsTheStream() throws Exception {
        answer =
                (exchange, request) -> {
                    headers(exchange, VERSION);
                    exchange.sendResponseHeaders(206, BODY.length);
                    exchange.getResponseBody().write(BODY, 0, 4);
                    exchange.getResponseBody().flush();
                };
        try (UnderStore store = open(2);
                InputStream in = store.read("k", VERSION, WHOLE)) {
            IOException e = assertThrows(IOException.class, in::readAllBytes);
            assertTrue(e.toString().contains("4 of 10 bytes"), e::toString);
        }
    }

    @Test
    void anAnswerOfAnotherVersionIsStale() {
        answer =
                (exchange, request) -> {
                    headers(exchange, "\"v2\"");
                    send(exchange, 206, BODY);
                };
        try (UnderStore store = open(2)) {
            MillraceException e =
                    assertThrows(MillraceException.class, () -> store.read("k", VERSION, WHOLE));
            assertEquals(ErrorCode.STALE_VERSION, e.code());
        }
    }

    @Test
    void anAnswerOfAnotherRangeIsRefused() {
        answer =
                (exchange, request) -> {
                    headers(exchange, VERSION);
                    send(exchange, 206, BODY);
                };
        try (UnderStore store = open(2)) {
            MillraceException e =
                    assertThrows(
                            MillraceException.class,
                            () -> store.read("k", VERSION, new ByteRange(5, 5)));
            assertEquals(ErrorCode.IO_ERROR, e.code());
        }
    }

    @Test
    void theWholeObjectForAPartOfItIsRefused() {
        answer =
                (exchange, request) -> {
                    exchange.getResponseHeaders().set("ETag", VERSION);
                    send(exchange, 200, BODY);
                };
        try (UnderStore store = open(2)) {
            MillraceException e =
                    assertThrows(
                            MillraceException.class,
                            () -> store.read("k", VERSION, new ByteRange(0, 5)));
            assertEquals(ErrorCode.IO_ERROR, e.code());
        }
    }

    @Test
    void silenceEndsWithTheDeadline() {
        answer = (exchange, request) -> awaitOver();
        Duration attempt = Duration.ofMillis(200);
        try (UnderStore store = open(2, attempt, Duration.ofSeconds(5))) {
            MillraceException e = assertThrows(MillraceException.class, () -> store.stat("k"));
            assertEquals(ErrorCode.DEADLINE_EXCEEDED, e.code());
            assertTrue(e.getMessage().contains("200 ms"), e.getMessage());
        }
        assertEquals(2, requests.get());
    }

    @Test
    void silenceHalfWayFailsTheStream() throws Exception {
        answer =
                (exchange, request) -> {
                    headers(exchange, VERSION);
                    exchange.sendResponseHeaders(206, BODY.length);
                    exchange.getResponseBody().write(BODY, 0, 4);
                    exchange.getResponseBody().flush();
                    awaitOver();
                };
        try (UnderStore store = open(1, Duration.ofMillis(300), Duration.ofSeconds(5));
                InputStream in = store.read("k", VERSION, WHOLE)) {
            assertThrows(IOException.class, in::readAllBytes);
        }
    }

    @Test
    void aRefusedConnectionNamesTheEndpoint() throws Exception {
        int port;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            port = unused.getLocalPort();
        }
        try (UnderStore store = open("http://127.0.0.1:" + port, 2)) {
            MillraceException e = assertThrows(MillraceException.class, () -> store.stat("k"));
            assertEquals(ErrorCode.UNAVAILABLE, e.code());
            assertTrue(e.getMessage().contains("http://127.0.0.1:" + port), e.getMessage());
        }
    }

    @Test
    void anUnknownHostNamesTheEndpoint() {
        try (UnderStore store = open("http://no-such-host.invalid:9000", 2)) {
            MillraceException e = assertThrows(MillraceException.class, () -> store.stat("k"));
            assertEquals(ErrorCode.UNAVAILABLE, e.code());
            assertTrue(e.getMessage().contains("no-such-host.invalid"), e.getMessage());
        }
    }

    private void awaitOver() {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private UnderStore open(int attempts) {
        return open(attempts, Duration.ofSeconds(5), Duration.ofSeconds(20));
    }

    private UnderStore open(int attempts, Duration attempt, Duration call) {
        return UnderStores.open(
                settings(
                        "http://127.0.0.1:" + server.getAddress().getPort(),
                        attempts,
                        attempt,
                        call));
    }

    private static UnderStore open(String endpoint, int attempts) {
        return UnderStores.open(
                settings(endpoint, attempts, Duration.ofSeconds(5), Duration.ofSeconds(20)));
    }

    private static UnderStoreSettings settings(
            String endpoint, int attempts, Duration attempt, Duration call) {
        return new UnderStoreSettings(
                URI.create("s3://bucket/"),
                endpoint,
                "",
                true,
                "anonymous",
                new UnderStoreSettings.Limits(8, attempts, attempt, call));
    }

    private static void good(HttpExchange exchange, int request) throws IOException {
        headers(exchange, VERSION);
        send(exchange, 206, BODY);
    }

    private static void headers(HttpExchange exchange, String etag) {
        exchange.getResponseHeaders().set("ETag", etag);
        exchange.getResponseHeaders().set("Content-Range", "bytes 0-9/10");
    }

    private static void slowDown(HttpExchange exchange) throws IOException {
        error(exchange, 503, "SlowDown");
    }

    private static void error(HttpExchange exchange, int status, String code) throws IOException {
        send(
                exchange,
                status,
                ("<Error><Code>" + code + "</Code><Message>m</Message></Error>").getBytes(UTF_8));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
