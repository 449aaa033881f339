package io.millrace.console;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StandInServices.class)
class ConsoleTest {

    @TestHTTPResource("/api/console/v1/events")
    @SuppressWarnings("NullAway.Init")
    URL events;

    @Test
    void what_one_service_tells_is_shown_and_the_other_is_said_to_be_away() {
        RestAssured.get("/api/console/v1/overview")
                .then()
                .statusCode(200)
                .body("workers.rows", hasSize(1))
                .body("workers.rows[0].usedBytes", equalTo(250))
                .body("workers.problem", equalTo(null))
                .body("mounts.rows[0].path", equalTo(StandInServices.HOSTILE))
                .body("jobs.rows", hasSize(0))
                .body("jobs.problem", startsWith("job-service at 127.0.0.1:"))
                .body("jobs.problem", containsString("cannot be reached"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/console.js", "/console.css", "/api/console/v1/overview"})
    void every_answer_forbids_foreign_script_and_frames(String path) {
        RestAssured.get(path)
                .then()
                .statusCode(200)
                .header("Content-Security-Policy", containsString("default-src 'none'"))
                .header("Content-Security-Policy", containsString("frame-ancestors 'none'"))
                .header("Content-Security-Policy", not(containsString("unsafe")))
                .header("X-Content-Type-Options", equalTo("nosniff"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/index.html", "/console.js", "/console.css", "/mill.svg"})
    void browsers_ask_whether_the_page_is_still_the_same(String path) {
        String tag =
                RestAssured.get(path)
                        .then()
                        .statusCode(200)
                        .header("Cache-Control", equalTo("no-cache"))
                        .extract()
                        .header("ETag");
        RestAssured.given()
                .header("If-None-Match", tag)
                .get(path)
                .then()
                .statusCode(304)
                .header("ETag", equalTo(tag));
        RestAssured.given().header("If-None-Match", "\"other\"").get(path).then().statusCode(200);
    }

    @Test
    void the_page_has_no_script_of_its_own_in_line() {
        String page = RestAssured.get("/").then().extract().asString();
        assertEquals(1, page.split("<script", -1).length - 1, page);
        assertTrue(page.contains("<script src="), page);
    }

    @Test
    void events_go_on_coming() throws Exception {
        HttpURLConnection connection = (HttpURLConnection) events.openConnection();
        connection.setReadTimeout(20_000);
        connection.setRequestProperty("Accept", "text/event-stream");
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                connection.getInputStream(), StandardCharsets.UTF_8))) {
            int overviews = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("data:")) {
                    assertTrue(line.contains("asOfMillis"), line);
                    if (++overviews == 3) {
                        return;
                    }
                }
            }
            assertEquals(3, overviews);
        } finally {
            connection.disconnect();
        }
    }
}
