package io.millrace.metadata.endpoint;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.WatchEvent;
import io.millrace.embedded.S3Server;
import io.millrace.embedded.testing.EmbeddedTestResource;
import io.millrace.embedded.testing.TestServers;
import io.millrace.topics.Topics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Mounts of a real S3 server, and changes in a real Kafka. */
@QuarkusTest
@TestProfile(BucketsAndTopicTest.Publishing.class)
@QuarkusTestResource(
        value = EmbeddedTestResource.class,
        initArgs = @ResourceArg(name = "datasources", value = "metadata"))
class BucketsAndTopicTest {

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    /** Publishes, and gives up on a bucket soon. */
    public static final class Publishing implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "millrace.metadata.change-log.publish", "true",
                    "millrace.metadata.mounts.try-out-time", "5s");
        }
    }

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String bootstrapServers;

    @TempDir Path directory;

    private static ValidatableResponse mount(String path, String uri, Map<String, Object> options) {
        return given().contentType(ContentType.JSON)
                .body(Map.of("path", path, "uri", uri, "options", options))
                .post("/api/v1/mounts")
                .then();
    }

    private static Map<String, Object> options(S3Server s3, String credentials) {
        return new HashMap<>(
                Map.of(
                        "endpoint",
                        s3.endpoint().toString(),
                        "pathStyle",
                        true,
                        "credentials",
                        credentials));
    }

    @Test
    void aBucketOfS3IsMounted() {
        S3Server s3 = TestServers.s3();
        String bucket = "b-" + UUID.randomUUID();
        s3.createBucket(bucket);

        mount("/s3ok", "s3://" + bucket + "/", options(s3, "file:" + s3.credentialsFile()))
                .statusCode(201)
                .body("uri", equalTo("s3://" + bucket + "/"));
        given().queryParam("path", "/s3ok")
                .get("/api/v1/fs/ls")
                .then()
                .statusCode(200)
                .body("entries.size()", equalTo(0));
        given().queryParam("path", "/s3ok").delete("/api/v1/mounts").then().statusCode(204);
    }

    @Test
    void filesHaveWhatTheMetadataOfTheirObjectsSaysWhereTheMountAsksForIt() throws Exception {
        S3Server s3 = TestServers.s3();
        String bucket = "b-" + UUID.randomUUID();
        s3.createBucket(bucket);
        String credentials = "file:" + s3.credentialsFile();
        Map<String, Object> options = options(s3, credentials);
        options.put("objectAttributes", true);
        options.put("maxAgeMillis", 20);
        mount("/s3attributes", "s3://" + bucket + "/", options)
                .statusCode(201)
                .body("options.objectAttributes", equalTo(true));
        mount("/s3plain", "s3://" + bucket + "/", options(s3, credentials))
                .statusCode(201)
                .body("options.objectAttributes", equalTo(false));
        try (S3Client client = client(s3)) {
            client.putObject(
                    r ->
                            r.bucket(bucket)
                                    .key("x")
                                    .metadata(
                                            Map.of(
                                                    "uid", "1000",
                                                    "gid", "100",
                                                    "mode", "33152",
                                                    "mtime", "1700000000.5")),
                    RequestBody.fromString("1"));
            given().queryParam("path", "/s3attributes/x")
                    .get("/api/v1/fs/stat")
                    .then()
                    .statusCode(200)
                    .body("uid", equalTo(1000))
                    .body("gid", equalTo(100))
                    .body("permissions", equalTo("600"))
                    .body("modifiedMillis", equalTo(1_700_000_000_500L));
            given().queryParam("path", "/s3plain/x")
                    .get("/api/v1/fs/stat")
                    .then()
                    .statusCode(200)
                    .body("uid", nullValue())
                    .body("permissions", nullValue());

            client.putObject(r -> r.bucket(bucket).key("x"), RequestBody.fromString("22"));
            TimeUnit.MILLISECONDS.sleep(30);
            given().queryParam("path", "/s3attributes/x")
                    .get("/api/v1/fs/stat")
                    .then()
                    .body("bytes", equalTo(2))
                    .body("uid", nullValue())
                    .body("permissions", nullValue());
        }
        for (String path : List.of("/s3attributes", "/s3plain")) {
            given().queryParam("path", path).delete("/api/v1/mounts").then().statusCode(204);
        }
    }

    private static S3Client client(S3Server s3) {
        return S3Client.builder()
                .endpointOverride(s3.endpoint())
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .credentialsProvider(
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(s3.accessKeyId(), s3.secretAccessKey())))
                .httpClientBuilder(Apache5HttpClient.builder())
                .build();
    }

    @Test
    void aMissingBucketIsNotMounted() {
        S3Server s3 = TestServers.s3();
        mount("/s3none", "s3://no-such-bucket-x/", options(s3, "file:" + s3.credentialsFile()))
                .statusCode(404)
                .contentType("application/problem+json")
                .body("detail", containsString("no-such-bucket-x"));
        assertNothingIsThere("/s3none");
    }

    @Test
    void wrongCredentialsDoNotMount() throws IOException {
        S3Server s3 = TestServers.s3();
        String bucket = "b-" + UUID.randomUUID();
        s3.createBucket(bucket);
        Path wrong = directory.resolve("credentials");
        Files.writeString(wrong, "accessKeyId=nobody\nsecretAccessKey=wrong-secret-value\n");
        String detail =
                mount("/s3bad", "s3://" + bucket + "/", options(s3, "file:" + wrong))
                        .statusCode(403)
                        .body("code", equalTo("PERMISSION_DENIED"))
                        .extract()
                        .path("detail");
        assertFalse(detail.contains("wrong-secret-value"));
        assertNothingIsThere("/s3bad");
    }

    @Test
    void anEndpointThatCannotBeReachedIsSaidInBoundedTime() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        long began = System.nanoTime();
        mount(
                        "/s3away",
                        "s3://bucket/",
                        Map.of(
                                "endpoint",
                                "http://127.0.0.1:" + port,
                                "pathStyle",
                                true,
                                "credentials",
                                "anonymous"))
                .statusCode(503)
                .body("code", equalTo("UNAVAILABLE"));
        assertTrue(System.nanoTime() - began < DEADLINE.toNanos());
        assertNothingIsThere("/s3away");
    }

    @Test
    void credentialsThatLeadNowhereAreSaid() {
        S3Server s3 = TestServers.s3();
        mount("/s3ref", "s3://bucket/", options(s3, "file:/no/such/file"))
                .statusCode(400)
                .contentType("application/problem+json");
        assertNothingIsThere("/s3ref");
    }

    private static void assertNothingIsThere(String path) {
        given().queryParam("path", path).get("/api/v1/fs/stat").then().statusCode(404);
        List<String> paths = given().get("/api/v1/mounts").then().extract().path("mounts.path");
        assertFalse(paths.contains(path));
    }

    @Test
    void changesReachKafkaInOrderWithTheSequenceOfTheWatchStream() throws Exception {
        Files.writeString(directory.resolve("x"), "1");
        mount("/topic", directory.toUri().toString(), Map.of("maxAgeMillis", 20)).statusCode(201);
        given().queryParam("path", "/topic/x").get("/api/v1/fs/stat").then().statusCode(200);
        Files.writeString(directory.resolve("x"), "22");
        TimeUnit.MILLISECONDS.sleep(30);
        given().queryParam("path", "/topic/x")
                .get("/api/v1/fs/stat")
                .then()
                .body("bytes", equalTo(2));
        given().queryParam("path", "/topic").delete("/api/v1/mounts").then().statusCode(204);

        List<String> names = new ArrayList<>();
        long last = 0;
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "group.id",
                        UUID.randomUUID().toString(),
                        "auto.offset.reset",
                        "earliest",
                        "metadata.max.age.ms",
                        "500");
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(Topics.NAMESPACE_CHANGES.name()));
            long deadline = System.nanoTime() + DEADLINE.toNanos();
            while (!names.contains("x") && System.nanoTime() - deadline < 0) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    WatchEvent event = Topics.NAMESPACE_CHANGES.decode(record.value());
                    assertEquals(
                            record.key(), Long.toString(event.getInvalidation().getParentId()));
                    assertTrue(event.getSequence() > 0);
                    last = Math.max(last, event.getSequence());
                    names.add(event.getInvalidation().getName());
                }
            }
        }
        assertTrue(names.contains("x"), "heard of " + names + " up to " + last);
    }
}
