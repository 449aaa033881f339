package io.millrace.metadata.endpoint;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.millrace.embedded.testing.EmbeddedTestResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Policies as browsers and scripts set and see them. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedTestResource.class,
        initArgs = {
            @ResourceArg(name = "datasources", value = "metadata"),
            @ResourceArg(name = "kafka", value = "false")
        })
class PolicyRestTest {

    @TempDir Path bucket;

    @BeforeEach
    void mount() {
        given().contentType(ContentType.JSON)
                .body(Map.of("path", "/policies", "uri", bucket.toUri().toString()))
                .post("/api/v1/mounts")
                .then()
                .statusCode(201);
    }

    @AfterEach
    void unmount() {
        given().queryParam("path", "/policies").delete("/api/v1/mounts").then().statusCode(204);
    }

    @Test
    void aPolicyIsSetShownListedAndTakenBack() {
        given().contentType(ContentType.JSON)
                .body(Map.of("path", "/policies/", "ttlMillis", 60_000, "quotaBytes", 1L << 40))
                .post("/api/v1/policies")
                .then()
                .statusCode(200)
                .body("path", equalTo("/policies"))
                .body("ttlMillis", equalTo(60_000));
        given().contentType(ContentType.JSON)
                .body(
                        Map.of(
                                "path",
                                "/policies/a",
                                "replicas",
                                2,
                                "eviction",
                                "epoch",
                                "quotaBytes",
                                1_000))
                .post("/api/v1/policies")
                .then()
                .statusCode(200)
                .body("ttlMillis", nullValue());
        given().queryParam("path", "/policies/a/b.jpg")
                .get("/api/v1/policies/effective")
                .then()
                .statusCode(200)
                .body("policy.ttlMillis", equalTo(60_000))
                .body("policy.replicas", equalTo(2))
                .body("policy.priority", equalTo(5))
                .body("policy.pinned", nullValue())
                .body("policy.eviction", equalTo("epoch"))
                .body("origins.ttl", equalTo("/policies"))
                .body("origins.replicas", equalTo("/policies/a"))
                .body("origins.priority", nullValue())
                .body("quotas.path", equalTo(List.of("/policies", "/policies/a")));
        given().queryParam("below", "/policies/a")
                .get("/api/v1/policies")
                .then()
                .statusCode(200)
                .body("policies.path", equalTo(List.of("/policies/a")));
        given().queryParam("path", "/policies/a")
                .queryParam("attribute", "replicas", "quota")
                .delete("/api/v1/policies")
                .then()
                .statusCode(200)
                .body("replicas", nullValue())
                .body("eviction", equalTo("epoch"));
        given().queryParam("path", "/policies/a")
                .delete("/api/v1/policies")
                .then()
                .statusCode(200)
                .body("eviction", nullValue());
        given().queryParam("path", "/policies/a")
                .delete("/api/v1/policies")
                .then()
                .statusCode(404)
                .contentType("application/problem+json")
                .body("code", equalTo("NOT_FOUND"));
    }

    @ParameterizedTest
    @CsvSource({
        "{}, path must be given",
        "'', it is empty",
        "'{\"path\":\"x\"}', not absolute",
        "'{\"path\":\"/policies\"}', says nothing",
        "'{\"path\":\"/policies\",\"replicas\":17}', between 1 and 16",
        "'{\"path\":\"/policies\",\"pined\":true}', no field 'pined'; known are",
        "'{\"path\":\"/policies\",\"priority\":1.5}', cannot be that",
        "'{\"path\":\"/policies\",\"priority\":1} x', Unrecognized token",
        "'[]', it is something else",
        "'{\"path\":\"/policies\",\"priority\":10}', between 0 and 9",
        "'{\"path\":\"/policies\",\"ttlMillis\":999}', 1 s",
        "'{\"path\":\"/policies\",\"quotaBytes\":0}', greater than 0",
        "'{\"path\":\"/policies\",\"quotaBytes\":-1}', greater than 0",
        "'{\"path\":\"/policies\",\"eviction\":\"fifo\"}', none of lru",
        "'{\"path\":\"/policies\",\"pinned\":false}', taken back by removing it",
        "'{\"path\":\"/policies\",\"pinned\":\"perhaps\"}', cannot be that",
    })
    void whatCannotBeAPolicyIsRefusedInOneSentence(String body, String said) {
        given().contentType(ContentType.JSON)
                .body(body)
                .post("/api/v1/policies")
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("code", equalTo("INVALID_ARGUMENT"))
                .body("detail", containsString(said));
    }

    @Test
    void aPathInNoMountIsNamed() {
        given().contentType(ContentType.JSON)
                .body(Map.of("path", "/elsewhere/x", "pinned", true))
                .post("/api/v1/policies")
                .then()
                .statusCode(404)
                .body("detail", containsString("/elsewhere/x"));
        given().queryParam("path", "/elsewhere/x")
                .get("/api/v1/policies/effective")
                .then()
                .statusCode(404);
        given().get("/api/v1/policies/effective").then().statusCode(400);
        given().queryParam("path", "/policies")
                .queryParam("attribute", "pin")
                .delete("/api/v1/policies")
                .then()
                .statusCode(400)
                .body("detail", containsString("'pin'"));
    }

    @Test
    void theDescriptionHasThem() {
        given().get("/q/openapi")
                .then()
                .statusCode(200)
                .body(containsString("/api/v1/policies/effective"));
    }
}
