package io.millrace.metadata.endpoint;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;

import io.millrace.embedded.testing.EmbeddedTestResource;
import io.millrace.metadata.workers.WorkerRecord;
import io.millrace.metadata.workers.WorkerRegistry;
import io.millrace.model.WorkerId;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What browsers and the command line see. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedTestResource.class,
        initArgs = {
            @ResourceArg(name = "datasources", value = "metadata"),
            @ResourceArg(name = "kafka", value = "false")
        })
class RestTest {

    @Inject WorkerRegistry workers;

    @TempDir Path bucket;

    @Test
    void aBucketIsMountedLookedAtAndRemoved() throws IOException {
        Files.createDirectories(bucket.resolve("d"));
        Files.writeString(bucket.resolve("d/f.txt"), "12345");
        given().contentType(ContentType.JSON)
                .body(Map.of("path", "/rest", "uri", bucket.toUri().toString()))
                .post("/api/v1/mounts")
                .then()
                .statusCode(201)
                .body("path", equalTo("/rest"))
                .body("options.blockBytes", equalTo(64 << 20))
                .body("id", greaterThan(0));
        given().get("/api/v1/mounts").then().statusCode(200).body("mounts.path", hasItem("/rest"));
        given().queryParam("path", "/rest/d/f.txt")
                .get("/api/v1/fs/stat")
                .then()
                .statusCode(200)
                .body("kind", equalTo("FILE"))
                .body("bytes", equalTo(5))
                .body("fileVersion", matchesPattern("[0-9a-f]{32}"));
        given().queryParam("path", "/rest")
                .get("/api/v1/fs/ls")
                .then()
                .body("entries.name", hasItem("d"))
                .body("more", equalTo(false));
        given().queryParam("path", "/rest")
                .get("/api/v1/fs/du")
                .then()
                .body("files", equalTo(1))
                .body("directories", equalTo(1))
                .body("bytes", equalTo(5));
        given().queryParam("path", "/rest").delete("/api/v1/mounts").then().statusCode(204);
        given().queryParam("path", "/rest/d")
                .get("/api/v1/fs/stat")
                .then()
                .statusCode(404)
                .contentType("application/problem+json")
                .body("code", equalTo("NOT_FOUND"))
                .body("type", equalTo("/problems/not-found"))
                .body("status", equalTo(404));
    }

    @ParameterizedTest
    @CsvSource({
        "/, s3://bucket/, '', 'cannot be at'",
        "relative, s3://bucket/, '', 'not absolute'",
        "/a/../b, s3://bucket/, '', '..'",
        "/a, http://bucket/, '', 's3://'",
        "/a, s3://, '', 'bucket'",
        "/a, s3://key:secret@bucket/, '', 'user or password'",
        "/a, s3://bucket/?x=1, '', '?'",
        "/a, s3://bucket/a//b/, '', '//'",
        "/a, file://relative/x, '', 'absolute'",
        "/a, s3://bucket/, 'AKIAVALUE:secretvalue', 'reference'",
    })
    void whatCanNeverBeMountedIsRefusedInOneSentence(
            String path, String uri, String credentials, String said) {
        String detail =
                given().contentType(ContentType.JSON)
                        .body(
                                Map.of(
                                        "path",
                                        path,
                                        "uri",
                                        uri,
                                        "options",
                                        Map.of("credentials", credentials)))
                        .post("/api/v1/mounts")
                        .then()
                        .statusCode(400)
                        .contentType("application/problem+json")
                        .body("code", equalTo("INVALID_ARGUMENT"))
                        .body("detail", containsString(said))
                        .extract()
                        .path("detail");
        org.junit.jupiter.api.Assertions.assertFalse(detail.contains("secret@"));
        org.junit.jupiter.api.Assertions.assertFalse(detail.contains("secretvalue"));
    }

    @Test
    void onlyObjectsOfS3HaveAttributesInTheirMetadata() {
        given().contentType(ContentType.JSON)
                .body(
                        Map.of(
                                "path",
                                "/attributes",
                                "uri",
                                bucket.toUri().toString(),
                                "options",
                                Map.of("objectAttributes", true)))
                .post("/api/v1/mounts")
                .then()
                .statusCode(400)
                .body("detail", containsString("object-attributes"));
    }

    @Test
    void aDirectoryThatIsNotThereIsNotMounted() {
        given().contentType(ContentType.JSON)
                .body(Map.of("path", "/none", "uri", bucket.resolve("missing").toUri().toString()))
                .post("/api/v1/mounts")
                .then()
                .statusCode(404)
                .body("code", equalTo("NOT_FOUND"));
        given().queryParam("path", "/none").get("/api/v1/fs/stat").then().statusCode(404);
    }

    @Test
    void aBodyThatIsNoMountIsRefused() {
        given().contentType(ContentType.JSON)
                .body("{\"path\": 7, ")
                .post("/api/v1/mounts")
                .then()
                .statusCode(400)
                .contentType("application/problem+json");
        given().contentType(ContentType.JSON)
                .body("{}")
                .post("/api/v1/mounts")
                .then()
                .statusCode(400)
                .contentType("application/problem+json");
        given().get("/api/v1/fs/ls").then().statusCode(400);
        given().queryParam("path", "/")
                .queryParam("limit", "many")
                .get("/api/v1/fs/ls")
                .then()
                .statusCode(400);
    }

    /** Or takes their leases anew. */
    private void registerTwo() {
        for (String id : List.of("rest-1", "rest-2")) {
            workers.register(
                    new WorkerRecord(
                            new WorkerId(id),
                            new WorkerRecord.Address("127.0.0.1", 7000, 7001),
                            "host",
                            List.of("/" + id),
                            new WorkerRecord.Load(10, 0, 0, 3),
                            10,
                            WorkerRecord.State.LIVE,
                            0,
                            0));
        }
    }

    @Test
    void aWorkerIsDrainedAndUndrained() {
        given().get("/api/v1/workers").then().statusCode(200);
        registerTwo();
        given().post("/api/v1/workers/rest-1/drain")
                .then()
                .statusCode(200)
                .body("id", equalTo("rest-1"))
                .body("state", equalTo("DRAINING"))
                .body("inFlight", equalTo(3));
        given().post("/api/v1/workers/rest-2/drain")
                .then()
                .statusCode(409)
                .contentType("application/problem+json")
                .body("detail", containsString("rest-2 is the last"));
        registerTwo();
        given().queryParam("force", true)
                .post("/api/v1/workers/rest-2/drain")
                .then()
                .statusCode(200)
                .body("state", equalTo("DRAINING"));
        registerTwo();
        given().post("/api/v1/workers/rest-1/undrain")
                .then()
                .statusCode(200)
                .body("state", equalTo("LIVE"));
        for (String what : List.of("drain", "undrain")) {
            given().post("/api/v1/workers/rest-3/" + what)
                    .then()
                    .statusCode(404)
                    .contentType("application/problem+json")
                    .body("code", equalTo("NOT_FOUND"))
                    .body("detail", containsString("rest-3"));
            given().post("/api/v1/workers/NO%20ID/" + what).then().statusCode(400);
        }
        workers.undrain(new WorkerId("rest-2"));
        workers.deregister(new WorkerId("rest-1"));
        workers.deregister(new WorkerId("rest-2"));
    }

    @Test
    void workersOpenApiHealthAndMetricsAreThere() {
        given().get("/api/v1/workers").then().statusCode(200).body("slots", equalTo(64));
        given().get("/q/openapi").then().statusCode(200).body(containsString("/api/v1/fs/du"));
        given().get("/q/health").then().statusCode(200).body("status", equalTo("UP"));
        given().get("/q/metrics").then().statusCode(200).body(containsString("millrace_metadata"));
    }
}
