package io.millrace.testkit.rest;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.contracts.v1.Job;
import io.millrace.standalone.cluster.Layout;
import io.millrace.testkit.cluster.TestCluster;
import io.restassured.builder.RequestSpecBuilder;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Every operation of the REST interface, with what it takes and with what it refuses; and whatever
 * it is asked, it answers as its OpenAPI document says.
 */
@SuppressWarnings("NullAway.Init")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RestContractIT {

    private static final int LAST = Integer.MAX_VALUE;
    private static final String NO_JOB = "0000000000000";

    private static TestCluster cluster;
    private static URI service;
    private static Contract contract;
    private static RequestSpecification rest;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(settings -> settings.withLayout(Layout.SHARED));
        service = URI.create(cluster.cluster().endpoints().jobRest());
        contract = Contract.of(service);
        rest =
                new RequestSpecBuilder()
                        .setBaseUri(service)
                        .addFilter(new ContractFilter(contract))
                        .build();
        for (String key : new String[] {"a", "b", "d/c", "d/e/f", "d/vanishing", "d/bell\u0007"}) {
            cluster.bucket().put("set/" + key, key.getBytes(StandardCharsets.UTF_8));
        }
        cluster.addMount(
                "/data",
                "set/",
                options -> options.setMaxAgeMillis(Duration.ofHours(1).toMillis()));
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static ValidatableResponse get(String path) {
        return given(rest).get(path).then();
    }

    private static ValidatableResponse post(String path) {
        return given(rest).post(path).then();
    }

    private static ValidatableResponse post(String path, Object body) {
        return sending(body).post(path).then();
    }

    private static ValidatableResponse patch(String path, Object body) {
        return sending(body).patch(path).then();
    }

    private static ValidatableResponse put(String path, Object body) {
        return sending(body).put(path).then();
    }

    private static ValidatableResponse delete(String path) {
        return given(rest).delete(path).then();
    }

    private static RequestSpecification sending(Object body) {
        return given(rest).contentType("application/json").body(body);
    }

    /** A job on {@code path} that has ended. */
    private static String ended(String kind, String path) throws InterruptedException {
        String id =
                post("/api/v1/jobs", Map.of("kind", kind, "path", path))
                        .statusCode(201)
                        .extract()
                        .path("id");
        get("/api/v1/jobs/" + id).statusCode(200);
        return cluster.await(Job.newBuilder().setId(id).build()).getId();
    }

    @Test
    void mounts() {
        String mount =
                """
                {"path": "/other", "uri": "s3://%s/set/d/",
                 "options": {"endpoint": "http://127.0.0.1:%d", "pathStyle": true,
                             "credentials": "%s", "freshness": "events"}}
                """
                        .formatted(
                                cluster.bucket().name(),
                                cluster.bucket().port(),
                                cluster.bucket().credentialsReference());
        int id =
                post("/api/v1/mounts", mount)
                        .statusCode(201)
                        .body("path", equalTo("/other"))
                        .extract()
                        .path("id");
        post("/api/v1/mounts", mount).statusCode(409);
        get("/api/v1/mounts").statusCode(200).body("mounts.path", hasItem("/other"));
        get("/api/v1/mounts/" + id + "/freshness")
                .statusCode(200)
                .body("freshness", equalTo("events"));
        get("/api/v1/mounts/999999/freshness").statusCode(404);
        get("/api/v1/mounts/x/freshness").statusCode(404);

        post("/api/v1/mounts", Map.of("path", "relative", "uri", "s3://b/"))
                .statusCode(400)
                .body("detail", containsString("relative"));
        post("/api/v1/mounts", Map.of("path", "/other")).statusCode(400);
        post("/api/v1/mounts", "{\"path\": \"/x\", \"uri\": \"s3://b/\", \"option\": {}}")
                .statusCode(400)
                .body("detail", containsString("option"));
        given(rest)
                .contentType("text/plain")
                .body("x")
                .post("/api/v1/mounts")
                .then()
                .statusCode(415);

        delete("/api/v1/mounts?path=/other").statusCode(204);
        delete("/api/v1/mounts?path=/other").statusCode(404);
        delete("/api/v1/mounts").statusCode(400);
        put("/api/v1/mounts", mount).statusCode(405);
    }

    @Test
    void namespace() {
        for (String operation : new String[] {"stat", "ls", "du", "residency"}) {
            String at = "/api/v1/fs/" + operation;
            get(at + "?path=/data").statusCode(200).body("path", equalTo("/data"));
            get(at + "?path=/data/none").statusCode(404);
            get(at + "?path=data").statusCode(400);
            get(at).statusCode(400);
        }
        get("/api/v1/fs/ls?path=/data&limit=1")
                .body("entries", hasSize(1))
                .body("more", equalTo(true));
        get("/api/v1/fs/stat?path=/data/a").body("kind", equalTo("FILE")).body("bytes", equalTo(1));
        for (String limit : new String[] {"0", "-1", "10001", "many"}) {
            get("/api/v1/fs/ls?path=/data&limit=" + limit)
                    .statusCode(400)
                    .body("detail", containsString("10000"));
        }
        get("/api/v1/fs/ls?path=/data/d").statusCode(200);
        get("/api/v1/fs/hidden?mount=/data")
                .statusCode(200)
                .body("keys.key", hasItem("d/bell\\u0007"));
        get("/api/v1/fs/hidden?mount=/none").statusCode(404);
        get("/api/v1/fs/hidden?limit=0").statusCode(400);
    }

    @Test
    void policies() {
        post("/api/v1/policies", Map.of("path", "/data/d", "priority", 7, "ttlMillis", 60_000))
                .statusCode(200)
                .body("priority", equalTo(7));
        get("/api/v1/policies/effective?path=/data/d/c")
                .statusCode(200)
                .body("policy.priority", equalTo(7))
                .body("origins.priority", equalTo("/data/d"));
        get("/api/v1/policies?below=/data")
                .statusCode(200)
                .body("policies.path", hasItem("/data/d"));
        post("/api/v1/policies", Map.of("path", "/data", "priority", 10)).statusCode(400);
        post("/api/v1/policies", Map.of("path", "/none", "priority", 1)).statusCode(404);
        get("/api/v1/policies/effective").statusCode(400);
        delete("/api/v1/policies?path=/data/d&attribute=colour").statusCode(400);
        delete("/api/v1/policies?path=/data/d&attribute=priority&attribute=ttl")
                .statusCode(200)
                .body("priority", nullValue());
        delete("/api/v1/policies").statusCode(400);
    }

    @Test
    void workers() {
        String id =
                get("/api/v1/workers")
                        .statusCode(200)
                        .body("workers", hasSize(2))
                        .extract()
                        .path("workers[0].id");
        post("/api/v1/workers/" + id + "/drain").statusCode(200).body("id", equalTo(id));
        post("/api/v1/workers/" + id + "/undrain").statusCode(200);
        for (String verb : new String[] {"drain", "undrain"}) {
            post("/api/v1/workers/nobody/" + verb).statusCode(404);
            get("/api/v1/workers/nobody/" + verb).statusCode(405);
        }
    }

    @Test
    void barriersAndEvents() {
        post("/api/v1/barriers", Map.of("path", "/data/a"))
                .statusCode(200)
                .body("visible", equalTo(true))
                .body("version", notNullValue());
        post(
                        "/api/v1/barriers",
                        Map.of("path", "/data/a", "version", "another", "timeoutMillis", 50))
                .statusCode(200)
                .body("visible", equalTo(false));
        post("/api/v1/barriers", Map.of("path", "/none/a")).statusCode(400);
        post("/api/v1/barriers", Map.of("path", "/data/a", "timeoutMillis", -1)).statusCode(400);
        post("/api/v1/barriers", Map.of()).statusCode(400);

        get("/api/v1/events/dead").statusCode(200).body("messages", empty());
        get("/api/v1/events/dead?limit=1001").statusCode(400);
    }

    @Test
    void jobsAreSubmittedFollowedAndChanged() throws Exception {
        String id = ended("load", "/data/a");
        String tag =
                get("/api/v1/jobs/" + id)
                        .statusCode(200)
                        .body("state", equalTo("SUCCEEDED"))
                        .body("files.done", equalTo(1))
                        .extract()
                        .header("ETag");
        get("/api/v1/jobs?limit=1").statusCode(200).body("jobs", hasSize(1));
        get("/api/v1/jobs?before=" + id).statusCode(200);
        get("/api/v1/jobs?limit=0").statusCode(400);
        get("/api/v1/jobs?before=x").statusCode(404);
        get("/api/v1/jobs/" + NO_JOB).statusCode(404);

        Map<String, Object> order = Map.of("kind", "free", "path", "/data/a");
        String freeing =
                sending(order)
                        .header("Idempotency-Key", "once")
                        .post("/api/v1/jobs")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");
        sending(order)
                .header("Idempotency-Key", "once")
                .post("/api/v1/jobs")
                .then()
                .statusCode(201)
                .body("id", equalTo(freeing));
        sending(Map.of("kind", "load", "path", "/data/a"))
                .header("Idempotency-Key", "once")
                .post("/api/v1/jobs")
                .then()
                .statusCode(422);
        post("/api/v1/jobs", Map.of("kind", "dance", "path", "/data")).statusCode(400);
        post("/api/v1/jobs", Map.of("kind", "load", "path", "/none")).statusCode(404);

        String at = "/api/v1/jobs/" + id;
        patch(at, Map.of("priority", 9)).statusCode(409);
        patch(at, Map.of("priority", 99)).statusCode(400);
        patch("/api/v1/jobs/" + NO_JOB, Map.of("priority", 9)).statusCode(404);
        for (String verb : new String[] {"pause", "resume"}) {
            post(at + "/" + verb).statusCode(409);
        }
        post(at + "/retry-failed").statusCode(409);
        post(at + "/cancel").statusCode(200);
        delete(at).statusCode(200);
        for (String verb : new String[] {"pause", "resume", "cancel", "retry-failed"}) {
            post("/api/v1/jobs/" + NO_JOB + "/" + verb).statusCode(404);
        }
        given(rest).header("If-Match", "\"77\"").post(at + "/cancel").then().statusCode(412);
        given(rest).header("If-Match", tag).post(at + "/cancel").then().statusCode(200);
        given(rest).header("If-Match", "none").post(at + "/cancel").then().statusCode(412);
    }

    /** The bucket answers slowly, so that it is still running. */
    @Test
    void jobsThatRunArePausedAndChanged() {
        cluster.relay().delayRequests(Duration.ofSeconds(2));
        try {
            String order =
                    """
                    {"kind": "load", "path": "/data/b", "select": {"include": ["b*"]},
                     "deadline": "2099-01-01T00:00:00Z"}
                    """;
            String id = post("/api/v1/jobs", order).statusCode(201).extract().path("id");
            post("/api/v1/jobs", order).statusCode(409);
            String at = "/api/v1/jobs/" + id;
            post(at + "/pause").statusCode(200).body("state", equalTo("PAUSED"));
            patch(at, Map.of("limits", Map.of("bytesPerSecond", 1_000_000)))
                    .statusCode(200)
                    .body("limits.bytesPerSecond", equalTo(1_000_000));
            post(at + "/resume").statusCode(200);
            delete(at).statusCode(200).body("state", equalTo("CANCELLED"));
        } finally {
            cluster.relay().delayRequests(Duration.ZERO);
        }
    }

    @Test
    void whatAJobCouldNotDoIsListedAndDoneAgain() throws Exception {
        get("/api/v1/fs/ls?path=/data/d").statusCode(200);
        cluster.bucket().delete("set/d/vanishing");
        String id = ended("load", "/data/d");
        String at = "/api/v1/jobs/" + id;
        get(at).body("state", equalTo("PARTIAL")).body("files.vanished", equalTo(1));
        get(at + "/failures").statusCode(200).body("failures.path", hasItem("/data/d/vanishing"));
        get(at + "/failures.csv").statusCode(200).body(containsString("/data/d/vanishing"));
        get(at + "/failures.jsonl").statusCode(200).body(containsString("/data/d/vanishing"));
        for (String list : new String[] {"failures", "failures.csv", "failures.jsonl"}) {
            get("/api/v1/jobs/" + NO_JOB + "/" + list).statusCode(404);
        }
        get(at + "/failures?limit=10001").statusCode(400);
        given(rest)
                .header("Idempotency-Key", "again")
                .post(at + "/retry-failed")
                .then()
                .statusCode(201)
                .body("retryOf", equalTo(id));
        given(rest)
                .header("Idempotency-Key", "once more, ".repeat(50))
                .post(at + "/retry-failed")
                .then()
                .statusCode(400);
    }

    @Test
    void aSyncTellsWhatTheBucketHoldsOtherwise() throws Exception {
        cluster.addMount("/unseen", "set/d/e/", options -> options);
        get("/api/v1/jobs/" + ended("sync", "/unseen"))
                .body("state", equalTo("SUCCEEDED"))
                .body("differences.added", equalTo(1))
                .body("message", equalTo("1 new, 0 changed, 0 deleted"));
        get("/api/v1/jobs/" + ended("sync", "/unseen"))
                .body("message", equalTo("nothing had changed"));
        post("/api/v1/jobs", Map.of("kind", "sync", "path", "/data/a")).statusCode(409);
        post("/api/v1/jobs", Map.of("kind", "sync", "path", "/data/none")).statusCode(404);
    }

    @Test
    void plansAndPins() {
        post("/api/v1/plans", Map.of("kind", "load", "path", "/data"))
                .statusCode(200)
                .body("files", greaterThan(1))
                .body("workers", not(empty()));
        post("/api/v1/plans", Map.of("kind", "load", "path", "/none")).statusCode(404);
        post("/api/v1/plans", "[").statusCode(400);
        get("/api/v1/pins").statusCode(200);
        delete("/api/v1/pins").statusCode(405);
    }

    @Test
    void schedules() {
        String order =
                """
                {"name": "nightly", "cron": "30 2 * * *", "zone": "Europe/Berlin", "maxAge": "P30D",
                 "job": {"kind": "load-metadata", "path": "/data"}}
                """;
        String all = "/api/v1/schedules";
        String at = all + "/nightly";
        String tag = post(all, order).statusCode(201).extract().header("ETag");
        post(all, order).statusCode(409);
        post(all, Map.of("name", "Bad", "cron", "* * * * *")).statusCode(400);
        get(all).statusCode(200).body("schedules.name", hasItem("nightly"));
        get(at).statusCode(200).body("nextAt", notNullValue());
        given(rest)
                .header("If-Match", tag)
                .post(at + "/pause")
                .then()
                .statusCode(200)
                .body("paused", equalTo(true))
                .body("nextAt", nullValue());
        given(rest).header("If-Match", tag).post(at + "/resume").then().statusCode(412);
        post(at + "/resume").statusCode(200);
        put(at, order).statusCode(200);
        put(all + "/other", order).statusCode(400);
        post(at + "/run").statusCode(201).body("path", equalTo("/data"));
        given(rest).header("If-Match", tag).delete(at).then().statusCode(412);
        delete(at).statusCode(204);
        for (String verb : new String[] {"pause", "resume", "run"}) {
            post(at + "/" + verb).statusCode(404);
        }
        get(at).statusCode(404);
        delete(at).statusCode(404);
    }

    @Test
    void console() {
        get("/api/console/v1/overview").statusCode(200).body("mounts.rows.path", hasItem("/data"));
        post("/api/console/v1/overview").statusCode(405);
    }

    @Test
    void streams() throws Exception {
        String id = ended("verify", "/data/a");
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (String stream :
                    new String[] {
                        "/api/console/v1/events",
                        "/api/v1/jobs/events",
                        "/api/v1/jobs/" + id + "/events",
                        "/api/v1/jobs/" + NO_JOB + "/events"
                    }) {
                HttpResponse<InputStream> answer =
                        client.send(
                                HttpRequest.newBuilder(service.resolve(stream)).build(),
                                HttpResponse.BodyHandlers.ofInputStream());
                try (InputStream body = answer.body()) {
                    boolean refused = stream.contains(NO_JOB);
                    assertEquals(refused ? 404 : 200, answer.statusCode());
                    contract.check(
                            "GET",
                            stream,
                            new Contract.Answer(
                                    answer.statusCode(),
                                    answer.headers().firstValue("Content-Type").orElse(null),
                                    refused ? body.readAllBytes() : null));
                }
            }
        }
    }

    @Test
    @Order(LAST)
    void everyOperationWasAskedAndDidWhatItIsFor() {
        assertEquals(Set.of(), contract.unseen());
    }
}
