package io.millrace.job.rest;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.contracts.v1.CancelJobRequest;
import io.millrace.contracts.v1.GetJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobPlan;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.ListFailuresRequest;
import io.millrace.contracts.v1.ListFailuresResponse;
import io.millrace.contracts.v1.PlanJobRequest;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
class JobServiceIT extends ServedJobs {

    @Test
    void aPlanTellsWhatIsResidentAndWhatWouldBeFetched() {
        files("/plan", 5);
        namespace.add("/plan/shard", 2_500_000);
        submit("load", "/plan/f0");
        awaitEnd("/plan/f0");

        given().contentType(ContentType.JSON)
                .body(order("load", "/plan"))
                .post("/api/v1/plans")
                .then()
                .statusCode(200)
                .body("files", equalTo(6))
                .body("bytes", equalTo(2_500_500))
                .body("residentFiles", equalTo(1))
                .body("residentBytes", equalTo(100))
                .body("getRequests", equalTo(4 + 3))
                .body("capacityBytes", equalTo(1 << 30))
                .body("fits", equalTo(true));
    }

    @Test
    void aJobIsSubmittedFollowedAndListed() throws Exception {
        files("/rest", 30);
        String id = submit("load", "/rest");

        List<String> events = events(id);

        assertTrue(events.getLast().contains("\"SUCCEEDED\""), events.getLast());
        given().get("/api/v1/jobs/" + id)
                .then()
                .statusCode(200)
                .body("state", equalTo("SUCCEEDED"))
                .body("kind", equalTo("load"))
                .body("path", equalTo("/rest"))
                .body("files.planned", equalTo(30))
                .body("files.done", equalTo(30))
                .body("files.open", equalTo(0))
                .body("bytes.done", equalTo(3000))
                .body("planningFinished", equalTo(true))
                .body("etaMillis", nullValue())
                .body("workers", hasSize(1))
                .body("workers[0].id", equalTo("w-1"));
        given().get("/api/v1/jobs?limit=1").then().statusCode(200).body("jobs", hasSize(1));
        given().get("/api/v1/jobs").then().statusCode(200).body("jobs.id", hasItem(id));
        given().get("/api/v1/jobs/" + id + "/failures")
                .then()
                .statusCode(200)
                .body("failures", hasSize(0));
    }

    @Test
    void aSelectionIsPlannedRunAndTold() throws Exception {
        files("/select", 30);
        String order =
                "{\"kind\": \"load\", \"path\": \"/select\","
                        + " \"select\": {\"exclude\": [\"*0\"], \"maxBytes\": 100}}";
        given().contentType(ContentType.JSON)
                .body(order)
                .post("/api/v1/plans")
                .then()
                .statusCode(200)
                .body("files", equalTo(27));

        String id =
                given().contentType(ContentType.JSON)
                        .body(order)
                        .post("/api/v1/jobs")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");
        events(id);

        given().get("/api/v1/jobs/" + id)
                .then()
                .body("files.done", equalTo(27))
                .body("unselectedFiles", equalTo(3))
                .body("select.exclude[0]", equalTo("*0"))
                .body("select.maxBytes", equalTo(100))
                .body("select.minBytes", nullValue());
    }

    @Test
    void aJobIsPausedChangedAndResumedByItsRevision() {
        files("/control/a", 3);
        String id = submit("load", "/control");
        given().post("/api/v1/jobs/" + id + "/cancel").then().statusCode(200);
        given().post("/api/v1/jobs/" + id + "/pause").then().statusCode(409);

        worker.setSilent(true);
        String open = submit("load", "/control/a");
        String tag = given().get("/api/v1/jobs/" + open).header("ETag");
        given().header("If-Match", tag)
                .post("/api/v1/jobs/" + open + "/pause")
                .then()
                .statusCode(200)
                .header("ETag", "\"2\"")
                .body("state", equalTo("PAUSED"));
        given().header("If-Match", tag)
                .contentType(ContentType.JSON)
                .body("{\"priority\": 7}")
                .patch("/api/v1/jobs/" + open)
                .then()
                .statusCode(412)
                .contentType(PROBLEM);
        given().contentType(ContentType.JSON)
                .body("{\"priority\": 7, \"limits\": {\"bytesPerSecond\": 1000}}")
                .patch("/api/v1/jobs/" + open)
                .then()
                .statusCode(200)
                .body("priority", equalTo(7))
                .body("limits.bytesPerSecond", equalTo(1000))
                .body("limits.filesPerWorker", equalTo(0))
                .body("revision", equalTo(3));
        for (String bad :
                List.of(
                        "{\"priority\": 10}",
                        "{\"deadline\": \"soon\"}",
                        "{\"limits\": {\"filesPerWorker\": -1}}",
                        "[]")) {
            given().contentType(ContentType.JSON)
                    .body(bad)
                    .patch("/api/v1/jobs/" + open)
                    .then()
                    .statusCode(400)
                    .contentType(PROBLEM);
        }
        worker.setSilent(false);
        given().post("/api/v1/jobs/" + open + "/resume").then().statusCode(200);
        given().post("/api/v1/jobs/" + open + "/cancel").then().statusCode(200);
    }

    @Test
    void aRequestSentAgainIsTheSameJob() {
        files("/again", 1);
        submit("load", "/again/f0");
        String key = "key-" + System.nanoTime();
        String first =
                given().header("Idempotency-Key", key)
                        .contentType(ContentType.JSON)
                        .body(order("load", "/again"))
                        .post("/api/v1/jobs")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");
        given().header("Idempotency-Key", key)
                .contentType(ContentType.JSON)
                .body(order("load", "/again"))
                .post("/api/v1/jobs")
                .then()
                .statusCode(201)
                .body("id", equalTo(first));
        given().header("Idempotency-Key", key)
                .contentType(ContentType.JSON)
                .body(order("free", "/again"))
                .post("/api/v1/jobs")
                .then()
                .statusCode(422)
                .contentType(PROBLEM)
                .body("detail", containsString(first));
    }

    private List<String> events(String id) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<java.util.stream.Stream<String>> response =
                    client.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://127.0.0.1:"
                                                            + RestAssured.port
                                                            + "/api/v1/jobs/"
                                                            + id
                                                            + "/events"))
                                    .timeout(Duration.ofSeconds(60))
                                    .build(),
                            HttpResponse.BodyHandlers.ofLines());
            assertEquals(200, response.statusCode());
            assertTrue(
                    response.headers()
                            .firstValue("content-type")
                            .orElse("")
                            .startsWith("text/event-stream"));
            List<String> data = new ArrayList<>();
            response.body().filter(line -> line.startsWith("data:")).forEach(data::add);
            return data;
        }
    }

    @Test
    void whatIsWrongWithARequestIsAProblem() {
        files("/wrong", 1);
        submit("load", "/wrong");
        problem("{\"kind\": \"load\"", 400, "invalid-argument", "the body is not a JSON object");
        problem("", 400, "invalid-argument", "the body is not a JSON object");
        problem("{\"kind\": \"load\"}", 400, "invalid-argument", "kind and path must be given");
        problem(order("polish", "/wrong"), 400, "invalid-argument", "job kind 'polish' is unknown");
        problem(order("load", "wrong"), 400, "invalid-argument", "is not absolute");
        for (String[] bad :
                new String[][] {
                    {"\"include\": [\"[a\"]", "include '[a' is no pattern"},
                    {"\"exclude\": [null]", "a pattern of exclude is null"},
                    {"\"inculde\": [\"*.jpg\"]", "there is no field 'inculde'; known are"},
                    {"\"minBytes\": 2, \"maxBytes\": 1", "sizes from 2 to 1 are none"},
                    {"\"modifiedSince\": \"today\"", "modifiedSince 'today' is not a time"}
                }) {
            problem(
                    "{\"kind\": \"free\", \"path\": \"/wrong\", \"select\": {" + bad[0] + "}}",
                    400,
                    "invalid-argument",
                    bad[1]);
        }
        problem(
                "{\"kind\": \"pin\", \"path\": \"/wrong\", \"select\": {\"minBytes\": 2}}",
                400,
                "invalid-argument",
                "it takes no selection");
        problem(order("load", "/nowhere"), 404, "not-found", "there is nothing at path '/nowhere'");
        given().get("/api/v1/jobs/nosuchjob")
                .then()
                .statusCode(404)
                .contentType(PROBLEM)
                .body("code", equalTo("NOT_FOUND"))
                .body("detail", equalTo("there is no job 'nosuchjob'"));
        given().get("/api/v1/jobs/0000000000000/events")
                .then()
                .statusCode(404)
                .contentType(PROBLEM);
        given().get("/api/v1/jobs?limit=none")
                .then()
                .statusCode(400)
                .contentType(PROBLEM)
                .body("detail", containsString("limit 'none'"));
        given().contentType(ContentType.TEXT)
                .body("load")
                .post("/api/v1/jobs")
                .then()
                .statusCode(415);
    }

    private static void problem(String body, int status, String type, String detail) {
        given().contentType(ContentType.JSON)
                .body(body)
                .post("/api/v1/jobs")
                .then()
                .statusCode(status)
                .contentType(PROBLEM)
                .body("status", equalTo(status))
                .body("type", equalTo("/problems/" + type))
                .body("detail", containsString(detail));
    }

    @Test
    void aRunningJobIsNamedWhenItIsSubmittedAgainAndCanBeCancelled() {
        files("/twice", 3);
        submit("load", "/twice/f0");
        awaitEnd("/twice/f0");
        worker.setSilent(true);
        String id = submit("load", "/twice");

        problem(order("load", "/twice"), 409, "already-exists", "job " + id);

        given().post("/api/v1/jobs/" + id + "/cancel")
                .then()
                .statusCode(200)
                .body("state", equalTo("CANCELLED"))
                .body("finishedAt", matchesPattern("\\d{4}-.*Z"));
        given().delete("/api/v1/jobs/" + id)
                .then()
                .statusCode(200)
                .body("state", equalTo("CANCELLED"));
    }

    @Test
    void jobsAreToldOverGrpcToTheirEnd() {
        files("/grpc", 20);
        worker.fail("/grpc/f3");
        submit("load", "/grpc/f0");
        Job job = stub().submit(submission("/grpc"));

        List<Job> states = new ArrayList<>();
        stub().watch(GetJobRequest.newBuilder().setJobId(job.getId()).build())
                .forEachRemaining(states::add);

        Job last = states.getLast();
        assertEquals(JobState.JOB_STATE_PARTIAL, last.getState());
        assertEquals(20, last.getPlannedFiles());
        assertEquals(1, last.getFailedFiles());
        assertEquals(-1, last.getEtaMillis());
        ListFailuresResponse failures =
                stub().listFailures(ListFailuresRequest.newBuilder().setJobId(job.getId()).build());
        assertEquals("/grpc/f3", failures.getFailures(0).getPath());
        assertTrue(failures.getNextCursor().isEmpty());
        JobPlan plan =
                stub().plan(
                                PlanJobRequest.newBuilder()
                                        .setKind(JobKind.JOB_KIND_FREE)
                                        .setPath("/grpc")
                                        .build());
        assertEquals(19, plan.getResidentFiles());
        assertEquals(0, plan.getGetRequests());
        assertFalse(
                stub().cancel(CancelJobRequest.newBuilder().setJobId(job.getId()).build())
                        .getMessage()
                        .isEmpty());
    }

    private static SubmitJobRequest submission(String path) {
        return SubmitJobRequest.newBuilder().setKind(JobKind.JOB_KIND_LOAD).setPath(path).build();
    }

    @Test
    void failuresOverGrpcCarryTheirStatus() {
        files("/status", 1);
        submit("load", "/status");

        assertEquals(Status.Code.NOT_FOUND, status(() -> stub().submit(submission("/nowhere"))));
        assertEquals(
                Status.Code.INVALID_ARGUMENT, status(() -> stub().submit(submission("status"))));
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                status(() -> stub().submit(SubmitJobRequest.getDefaultInstance())));
        assertEquals(
                Status.Code.NOT_FOUND,
                status(() -> stub().get(GetJobRequest.newBuilder().setJobId("x").build())));
        assertEquals(
                Status.Code.NOT_FOUND,
                status(() ->
                        stub().watch(GetJobRequest.newBuilder().setJobId("0000000000000").build())
                                .next()));
    }

    private static Status.Code status(Runnable call) {
        return assertThrows(StatusRuntimeException.class, call::run).getStatus().getCode();
    }

    @Test
    void theApiIsDescribed() {
        given().get("/q/openapi?format=json")
                .then()
                .statusCode(200)
                .body("paths.'/api/v1/jobs'.post.summary", equalTo("Submit a job"))
                .body(
                        "paths.'/api/v1/plans'.post.summary",
                        equalTo("Plan a job without running it"));
        given().get("/q/health/ready").then().statusCode(200).body("status", equalTo("UP"));
    }
}
