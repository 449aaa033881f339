package io.millrace.testkit.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init")
class HttpRelayTest {

    private HttpServer server;
    private HttpRelay relay;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    byte[] body = exchange.getRequestBody().readAllBytes();
                    exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        relay = HttpRelay.to(server.getAddress(), 0);
        client = HttpClient.newHttpClient();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        relay.close();
        server.stop(0);
    }

    @Test
    void itCountsObjectGetsAndNothingElse() throws Exception {
        send("GET", "/bucket/a/b.jpg", "");
        send("GET", "/bucket/?list-type=2", "");
        send("GET", "/bucket?list-type=2&prefix=a/b", "");
        send("HEAD", "/bucket/a/b.jpg", "");

        assertEquals(1, relay.objectGets());
        assertEquals(4, relay.requests().size());
    }

    @Test
    void bodiesPassThroughUnchanged() throws Exception {
        assertEquals("x".repeat(200_000), send("PUT", "/bucket/a", "x".repeat(200_000)));
        assertEquals(List.of("PUT /bucket/a HTTP/1.1"), relay.requests());
    }

    @Test
    void aCutRelayFailsRequestsUntilItIsRestored() throws Exception {
        relay.cut();
        assertThrows(IOException.class, () -> send("GET", "/bucket/a", ""));

        relay.restore();
        send("GET", "/bucket/a", "");

        assertEquals(1, relay.objectGets());
    }

    @Test
    void aRequestIsAnsweredLikeAServerThatIsBusy() throws Exception {
        relay.failRequests(request ->
                request.contains("/busy")
                        ? RelayFault.Answer.error(503, "SlowDown")
                        : new RelayFault.None());
        assertTrue(send("PUT", "/bucket/busy", "body").contains("<Code>SlowDown</Code>"));
        assertEquals("body", send("PUT", "/bucket/other", "body"));
    }

    @Test
    void anAnswerBreaksOffAfterSoManyBytes() throws Exception {
        relay.failRequests(_ -> new RelayFault.CutAfter(1_000));
        assertThrows(IOException.class, () -> send("PUT", "/bucket/a", "x".repeat(200_000)));
        relay.failRequests(_ -> new RelayFault.None());
        assertEquals("y".repeat(2_000), send("PUT", "/bucket/a", "y".repeat(2_000)));
    }

    @Test
    void aConnectionIsResetAndTheServerHearsNothing() throws Exception {
        relay.failRequests(_ -> new RelayFault.Reset());
        assertThrows(IOException.class, () -> send("GET", "/bucket/a", ""));
    }

    private String send(String method, String path, String body) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port() + path))
                        .version(HttpClient.Version.HTTP_1_1)
                        .method(
                                method,
                                body.isEmpty()
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
