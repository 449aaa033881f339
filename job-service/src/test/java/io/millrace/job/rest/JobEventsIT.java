package io.millrace.job.rest;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a job tells while it runs, and the files it could not do. */
@QuarkusTest
class JobEventsIT extends ServedJobs {

    @Test
    void aClientThatComesAgainIsNotToldTheStateItHas() throws Exception {
        files("/resume", 3);
        String id = submit("load", "/resume");
        String last = lines("/api/v1/jobs/" + id + "/events", "none", "id:").getLast();

        assertEquals(
                List.of(),
                lines("/api/v1/jobs/" + id + "/events", last.substring(3).strip(), "data:"));
    }

    @Test
    void theNewestJobsAreFollowedTogether() throws Exception {
        files("/together", 1);
        String id = submit("load", "/together");
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<java.util.stream.Stream<String>> response =
                    client.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://127.0.0.1:"
                                                            + RestAssured.port
                                                            + "/api/v1/jobs/events"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofLines());
            try (java.util.stream.Stream<String> lines = response.body()) {
                assertTrue(lines.anyMatch(line -> line.contains(id) && line.contains("SUCCEEDED")));
            }
            client.shutdownNow();
        }
    }

    @Test
    void failuresAreDownloadedAndDoneAgain() {
        files("/lost", 5);
        worker.fail("/lost/f1");
        worker.fail("/lost/f3");
        String id = submit("load", "/lost");
        awaitEnd("/lost");
        given().get("/api/v1/jobs/" + id)
                .then()
                .body("state", equalTo("PARTIAL"))
                .body("files.failed", equalTo(2))
                .body("files.vanished", equalTo(0))
                .body("require", equalTo("100%"));
        given().get("/api/v1/jobs/" + id + "/failures.csv")
                .then()
                .statusCode(200)
                .header("Content-Disposition", containsString("failures-" + id + ".csv"))
                .body(
                        equalTo(
                                """
                                path,bytes,outcome,code,message\r
                                /lost/f1,100,failed,PERMISSION_DENIED,scripted: /lost/f1\r
                                /lost/f3,100,failed,PERMISSION_DENIED,scripted: /lost/f3\r
                                """));
        assertEquals(
                2,
                given().get("/api/v1/jobs/" + id + "/failures.jsonl").asString().lines().count());
        worker.heal("/lost/f1");
        worker.heal("/lost/f3");
        String again =
                given().post("/api/v1/jobs/" + id + "/retry-failed")
                        .then()
                        .statusCode(201)
                        .body("retryOf", equalTo(id))
                        .extract()
                        .path("id");
        given().get("/api/v1/jobs/missing/failures.csv").then().statusCode(404);
        assertTrue(
                lines("/api/v1/jobs/" + again + "/events", "none", "data:")
                        .getLast()
                        .contains("SUCCEEDED"));
        given().post("/api/v1/jobs/" + again + "/retry-failed")
                .then()
                .statusCode(409)
                .contentType(PROBLEM);
    }

    private List<String> lines(String path, String last, String prefix) {
        return given().header("Last-Event-ID", last)
                .get(path)
                .asString()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .toList();
    }
}
