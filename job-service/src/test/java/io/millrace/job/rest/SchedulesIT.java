package io.millrace.job.rest;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.contracts.v1.NamedSchedule;
import io.millrace.contracts.v1.Schedule;
import io.millrace.contracts.v1.ScheduleOverlap;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Schedules over REST and gRPC. */
@QuarkusTest
class SchedulesIT extends ServedJobs {

    private static final String YEARLY =
            "{\"name\": \"%s\", \"cron\": \"0 0 1 1 *\", \"zone\": \"Europe/Berlin\","
                    + " \"jitter\": \"PT5M\", \"overlap\": \"buffer-one\", \"maxAge\": \"P30D\","
                    + " \"deadlineAfter\": \"PT4H\", \"job\": {\"kind\": \"load\", \"path\": \"%s\","
                    + " \"priority\": 7, \"select\": {\"include\": [\"*.jpg\"]}}}";

    private ValidatableResponse post(String body) {
        return given().contentType(ContentType.JSON).body(body).post("/api/v1/schedules").then();
    }

    @Test
    void aScheduleIsMadeShownReplacedAndDeletedByItsRevision() {
        post(YEARLY.formatted("made", "/made"))
                .statusCode(201)
                .header("Location", containsString("/api/v1/schedules/made"))
                .header("ETag", "\"1\"")
                .body("nextAt", notNullValue())
                .body("last", nullValue());
        post(YEARLY.formatted("made", "/made")).statusCode(409).contentType(PROBLEM);

        given().get("/api/v1/schedules/made")
                .then()
                .statusCode(200)
                .body("cron", equalTo("0 0 1 1 *"))
                .body("zone", equalTo("Europe/Berlin"))
                .body("jitter", equalTo("PT5M"))
                .body("overlap", equalTo("buffer-one"))
                .body("job.kind", equalTo("load"))
                .body("job.path", equalTo("/made"))
                .body("job.priority", equalTo(7))
                .body("job.select.include[0]", equalTo("*.jpg"))
                .body("maxAge", equalTo("PT720H"))
                .body("minAge", nullValue())
                .body("deadlineAfter", equalTo("PT4H"))
                .body("paused", equalTo(false));
        given().get("/api/v1/schedules")
                .then()
                .statusCode(200)
                .body("schedules.name", hasItem("made"));

        given().post("/api/v1/schedules/made/pause")
                .then()
                .statusCode(200)
                .header("ETag", "\"2\"")
                .body("paused", equalTo(true))
                .body("nextAt", nullValue());
        given().header("If-Match", "\"1\"")
                .post("/api/v1/schedules/made/resume")
                .then()
                .statusCode(412)
                .contentType(PROBLEM);
        given().header("If-Match", "\"2\"")
                .contentType(ContentType.JSON)
                .body(YEARLY.formatted("made", "/elsewhere"))
                .put("/api/v1/schedules/made")
                .then()
                .statusCode(200)
                .header("ETag", "\"3\"")
                .body("paused", equalTo(false))
                .body("job.path", equalTo("/elsewhere"));

        given().delete("/api/v1/schedules/made").then().statusCode(204);
        given().get("/api/v1/schedules/made").then().statusCode(404).contentType(PROBLEM);
        given().get("/api/v1/schedules").then().body("schedules.name", not(hasItem("made")));
    }

    @Test
    void aScheduleIsRunNow() throws Exception {
        files("/now", 5);
        namespace.add("/now/f.jpg", 100);
        post(YEARLY.formatted("now", "/now").replace(", \"maxAge\": \"P30D\"", "")).statusCode(201);

        String id =
                given().post("/api/v1/schedules/now/run")
                        .then()
                        .statusCode(201)
                        .body("priority", equalTo(7))
                        .extract()
                        .path("id");

        awaitEnd("/now");
        given().get("/api/v1/jobs/" + id)
                .then()
                .body("state", equalTo("SUCCEEDED"))
                .body("files.done", equalTo(1))
                .body("unselectedFiles", equalTo(5))
                .body("deadline", notNullValue());
        given().delete("/api/v1/schedules/now").then().statusCode(204);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "[] | is not a JSON object",
                "{} | name, cron and job must be given",
                "{`name`: `Big`, `cron`: `0 0 * * *`, `job`: {`kind`: `load`, `path`: `/a`}} | name 'Big'",
                "{`name`: `a`, `cron`: `0 0 * *`, `job`: {`kind`: `load`, `path`: `/a`}} | cron '0 0 * *'",
                "{`name`: `a`, `cron`: `0 0 30 2 *`, `job`: {`kind`: `load`, `path`: `/a`}} | never comes to pass",
                "{`name`: `a`, `cron`: `0 0 * * *`, `zone`: `Mars`, `job`: {`kind`: `load`, `path`: `/a`}} | zone 'Mars'",
                "{`name`: `a`, `cron`: `0 0 * * *`, `jitter`: `5m`, `job`: {`kind`: `load`, `path`: `/a`}} | jitter '5m'",
                "{`name`: `a`, `cron`: `0 0 * * *`, `jitter`: `PT25H`, `job`: {`kind`: `load`, `path`: `/a`}} | within 0 and 24 hours",
                "{`name`: `a`, `cron`: `0 0 * * *`, `overlap`: `queue`, `job`: {`kind`: `load`, `path`: `/a`}} | overlap 'queue'",
                "{`name`: `a`, `cron`: `0 0 * * *`, `job`: {`kind`: `paint`, `path`: `/a`}} | paint",
                "{`name`: `a`, `cron`: `0 0 * * *`, `job`: {`kind`: `load`, `path`: `a`}} | path",
                "{`name`: `a`, `cron`: `0 0 * * *`, `job`: {`kind`: `load`, `path`: `/a`, `priority`: 10}} | priority",
                "{`name`: `a`, `crom`: `0 0 * * *`, `job`: {`kind`: `load`, `path`: `/a`}} | crom",
                "{`name`: `a`, `cron`: `0 0 * * *`, `deadlineAfter`: `PT0S`, `job`: {`kind`: `load`, `path`: `/a`}} | deadline",
                "{`name`: `a`, `cron`: `0 0 * * *`, `maxAge`: `-PT1S`, `job`: {`kind`: `load`, `path`: `/a`}} | maxAge PT-1S"
            })
    void whatIsNoScheduleIsRefusedByWhatIsWrong(String body, String said) {
        post(body.replace('`', '"'))
                .statusCode(400)
                .contentType(PROBLEM)
                .body("detail", containsString(said));
    }

    @Test
    void schedulesAreTheSameOverGrpc() {
        Schedule wanted =
                Schedule.newBuilder()
                        .setName("grpc")
                        .setCron("0 0 1 1 *")
                        .setZone("UTC")
                        .setOverlap(ScheduleOverlap.SCHEDULE_OVERLAP_CANCEL_OTHER)
                        .setMinAgeMillis(1_000)
                        .setJob(
                                SubmitJobRequest.newBuilder()
                                        .setKind(io.millrace.contracts.v1.JobKind.JOB_KIND_FREE)
                                        .setPath("/grpc-schedule"))
                        .build();

        Schedule made = stub().createSchedule(wanted);

        assertEquals(1, made.getRevision());
        assertEquals(ScheduleOverlap.SCHEDULE_OVERLAP_CANCEL_OTHER, made.getOverlap());
        assertEquals(1_000, made.getMinAgeMillis());
        given().get("/api/v1/schedules/grpc")
                .then()
                .statusCode(200)
                .body("overlap", equalTo("cancel-other"))
                .body("minAge", equalTo("PT1S"));
        NamedSchedule named = NamedSchedule.newBuilder().setName("grpc").build();
        StatusRuntimeException refused =
                assertThrows(StatusRuntimeException.class, () -> stub().runSchedule(named));
        assertEquals(Status.Code.NOT_FOUND, refused.getStatus().getCode());
        stub().deleteSchedule(named);
        assertThrows(StatusRuntimeException.class, () -> stub().deleteSchedule(named));
    }
}
