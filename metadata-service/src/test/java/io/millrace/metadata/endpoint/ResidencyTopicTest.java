package io.millrace.metadata.endpoint;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.contracts.v1.DeregisterWorkerRequest;
import io.millrace.contracts.v1.DirectoryResidency;
import io.millrace.contracts.v1.GetResidencyRequest;
import io.millrace.contracts.v1.GetResidencyResponse;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.RegisterWorkerRequest;
import io.millrace.contracts.v1.ResidencySummary;
import io.millrace.contracts.v1.Worker;
import io.millrace.embedded.testing.EmbeddedTestResource;
import io.millrace.embedded.testing.TestServers;
import io.millrace.topics.Topics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Summaries as they come over a real Kafka. */
@QuarkusTest
@TestProfile(ResidencyTopicTest.Consuming.class)
@QuarkusTestResource(
        value = EmbeddedTestResource.class,
        initArgs = @ResourceArg(name = "datasources", value = "metadata"))
class ResidencyTopicTest {

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    /** Reads summaries. */
    public static final class Consuming implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("millrace.metadata.residency.consume", "true");
        }
    }

    @ConfigProperty(name = "quarkus.grpc.server.test-port")
    int port;

    @TempDir Path bucket;

    @Test
    void aSummaryIsTakenOverAndWhatIsNoneIsPassedBy() throws Exception {
        Files.createDirectories(bucket.resolve("d"));
        Files.writeString(bucket.resolve("d/f"), "12345");
        int mount =
                given().contentType(ContentType.JSON)
                        .body(Map.of("path", "/seen", "uri", bucket.toUri().toString()))
                        .post("/api/v1/mounts")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        var stub = MetadataServiceGrpc.newBlockingStub(channel);
        try {
            stub.registerWorker(
                    RegisterWorkerRequest.newBuilder()
                            .setWorker(
                                    Worker.newBuilder()
                                            .setId("seen-1")
                                            .setHost("127.0.0.1")
                                            .setDataPort(1)
                                            .setControlPort(2)
                                            .setHostId("host")
                                            .addCacheDirectories("/c")
                                            .setCapacityBytes(100))
                            .build());
            ResidencySummary summary =
                    ResidencySummary.newBuilder()
                            .setWorkerId("seen-1")
                            .setMadeMillis(1_000)
                            .addDirectories(
                                    DirectoryResidency.newBuilder()
                                            .setMountId(mount)
                                            .setDirectory("d")
                                            .setFiles(1)
                                            .setResidentBytes(4)
                                            .setHeat(1.5))
                            .build();
            send("seen-1", new byte[] {(byte) 0xff});
            send("seen-1", summary.toBuilder().setWorkerId("NOT AN ID").build().toByteArray());
            send("seen-1", summary.toByteArray());

            GetResidencyResponse seen = await(stub);

            assertEquals(1, seen.getFiles());
            assertEquals(5, seen.getBytes());
            assertEquals(1, seen.getCachedFiles());
            assertEquals(1.5, seen.getHeat());
            given().queryParam("path", "/seen/d")
                    .get("/api/v1/fs/residency")
                    .then()
                    .statusCode(200)
                    .body("cachedBytes", equalTo(4))
                    .body("bytes", equalTo(5))
                    .body("workers.id", hasItem("seen-1"));
            given().queryParam("path", "/seen/d/f")
                    .get("/api/v1/fs/residency")
                    .then()
                    .statusCode(409)
                    .body("detail", containsString("is a file"));
        } finally {
            stub.deregisterWorker(
                    DeregisterWorkerRequest.newBuilder().setWorkerId("seen-1").build());
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            given().queryParam("path", "/seen").delete("/api/v1/mounts").then().statusCode(204);
        }
    }

    private static void send(String key, byte[] value) throws Exception {
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", TestServers.kafka().bootstrapServers()),
                        new StringSerializer(),
                        new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(Topics.BLOCK_RESIDENCY.name(), key, value)).get();
        }
    }

    private static GetResidencyResponse await(MetadataServiceGrpc.MetadataServiceBlockingStub stub)
            throws InterruptedException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            GetResidencyResponse answer =
                    stub.getResidency(GetResidencyRequest.newBuilder().setPath("/seen/d").build());
            if (answer.getCachedBytes() == 4) {
                return answer;
            }
            assertTrue(System.nanoTime() - end < 0, "never seen: " + answer);
            Thread.sleep(20);
        }
    }
}
