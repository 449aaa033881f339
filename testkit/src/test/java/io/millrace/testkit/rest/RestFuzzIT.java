package io.millrace.testkit.rest;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.Mount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.standalone.cluster.Layout;
import io.millrace.testkit.cluster.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Whatever is sent to the REST interface, it answers as its OpenAPI document says, and never that
 * it is broken. {@code -Dmillrace.test.seed=N} sends the same again, {@code
 * -Dmillrace.test.requests=N} so many.
 */
@SuppressWarnings("NullAway.Init")
class RestFuzzIT {

    private static final int REQUESTS = Integer.getInteger("millrace.test.requests", 10_000);
    private static final int BETWEEN_REPAIRS = 100;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static TestCluster cluster;
    private static URI service;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(settings -> settings.withLayout(Layout.SHARED));
        service = URI.create(cluster.cluster().endpoints().jobRest());
        for (String key : new String[] {"a", "b", "d/c", "d/e/f"}) {
            cluster.bucket().put("set/" + key, key.getBytes(StandardCharsets.UTF_8));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Requests remove mounts, and most of them need one. */
    private static void repair() {
        boolean mounted =
                cluster
                        .metadata()
                        .listMounts(ListMountsRequest.getDefaultInstance())
                        .getMountsList()
                        .stream()
                        .map(Mount::getPath)
                        .anyMatch("/data"::equals);
        if (!mounted) {
            try {
                cluster.addMount("/data", "set/", options -> options);
            } catch (MillraceException e) {
                assertTrue(
                        e.code() == ErrorCode.CONFLICT || e.code() == ErrorCode.ALREADY_EXISTS,
                        e.toString());
            }
        }
    }

    @Test
    void noRequestBreaksAnything() throws Exception {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Contract contract = Contract.of(service);
        RandomRequests requests = new RandomRequests(contract, seed);
        requests.know("path", "/", "/data", "/data", "/data", "/data/a", "/data/d", "/data/none");
        requests.know("uri", "s3://" + cluster.bucket().name() + "/set/", "file:///", "s3://none/");
        requests.know("endpoint", "http://127.0.0.1:" + cluster.bucket().port());
        requests.know("credentials", cluster.bucket().credentialsReference(), "anonymous");
        requests.know("freshness", "age", "events");
        requests.always("timeoutMillis", 1, 10, 50, -1);
        requests.know("attribute", "pinned", "ttl", "replicas", "quota", "priority", "eviction");

        Map<Integer, Integer> answers = new TreeMap<>();
        Map<String, String> broken = new TreeMap<>();
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            for (int sent = 0; sent < REQUESTS; sent++) {
                if (sent % BETWEEN_REPAIRS == 0) {
                    repair();
                }
                RandomRequests.Request request = requests.next();
                try {
                    Contract.Answer answer = send(client, request);
                    contract.check(request.method(), request.path(), answer);
                    if (answer.status() >= 500 && !contract.names(request.operation(), answer)) {
                        throw new AssertionError(answer.status() + " " + answer.text());
                    }
                    requests.learn(answer.text());
                    answers.merge(answer.status(), 1, Integer::sum);
                } catch (AssertionError | IOException e) {
                    broken.putIfAbsent(request.operation(), sent + ": " + request + " -> " + e);
                }
            }
        }
        System.out.println(REQUESTS + " requests, answers by status: " + answers);
        assertTrue(
                broken.isEmpty(), () -> "seed " + seed + "\n" + String.join("\n", broken.values()));
    }

    private static Contract.Answer send(HttpClient client, RandomRequests.Request request)
            throws IOException, InterruptedException {
        String query = request.query().isEmpty() ? "" : "?" + request.query();
        HttpRequest.Builder built =
                HttpRequest.newBuilder(URI.create(service + request.path() + query))
                        .timeout(LIMIT)
                        .method(
                                request.method(),
                                request.body() == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(request.body()));
        request.headers().forEach(built::header);
        HttpResponse<InputStream> answer = client.send(built.build(), BodyHandlers.ofInputStream());
        String type = answer.headers().firstValue("Content-Type").orElse(null);
        try (InputStream body = answer.body()) {
            boolean endless = type != null && type.startsWith("text/event-stream");
            return new Contract.Answer(
                    answer.statusCode(), type, endless ? null : body.readAllBytes());
        }
    }
}
