package io.millrace.job.rest;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.millrace.contracts.v1.GetJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobServiceGrpc;
import io.millrace.contracts.v1.ListJobsRequest;
import io.millrace.embedded.testing.EmbeddedTestResource;
import io.millrace.embedded.testing.TestServers;
import io.millrace.job.testing.FakeNamespace;
import io.millrace.job.testing.ScriptedWorker;
import io.millrace.job.testing.ServedNamespace;
import io.millrace.topics.Topics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.restassured.http.ContentType;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The service as it is served, with a namespace by hand and one worker that follows a script. */
@QuarkusTestResource(
        value = EmbeddedTestResource.class,
        initArgs = @ResourceArg(name = "datasources", value = "jobs"))
@QuarkusTestResource(ServedNamespace.class)
abstract class ServedJobs {

    static final String PROBLEM = "application/problem+json";

    @SuppressWarnings("NullAway.Init")
    FakeNamespace namespace;

    ScriptedWorker worker;
    private ManagedChannel channel;
    private Thread running;

    @BeforeEach
    void start() throws IOException {
        namespace.clear();
        Topics.ensure(
                TestServers.kafka().bootstrapServers(),
                FakeNamespace.SLOTS,
                Duration.ofSeconds(30),
                Topics.BLOCK_BATCHES,
                Topics.BLOCK_RESULTS);
        worker = new ScriptedWorker("w-1", namespace, TestServers.kafka().bootstrapServers());
        namespace.join("w-1", worker.controlPort(), 1L << 30);
        running =
                Thread.ofPlatform()
                        .start(() -> {
                            while (!Thread.currentThread().isInterrupted()) {
                                worker.step();
                            }
                        });
        int port = ConfigProvider.getConfig().getValue(ServedNamespace.GRPC, Integer.class);
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow();
        running.interrupt();
        running.join();
        worker.close();
    }

    JobServiceGrpc.JobServiceBlockingStub stub() {
        return JobServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    static String order(String kind, String path) {
        return "{\"kind\": \"" + kind + "\", \"path\": \"" + path + "\"}";
    }

    void files(String directory, int count) {
        for (int i = 0; i < count; i++) {
            namespace.add(directory + "/f" + i, 100);
        }
    }

    String submit(String kind, String path) {
        var response =
                given().contentType(ContentType.JSON).body(order(kind, path)).post("/api/v1/jobs");
        assertEquals(201, response.statusCode(), response.asString());
        assertEquals(
                "/api/v1/jobs/" + response.path("id"),
                URI.create(response.header("Location")).getPath());
        return response.path("id");
    }

    void awaitEnd(String path) {
        ListJobsRequest all = ListJobsRequest.getDefaultInstance();
        Job job =
                stub().list(all).getJobsList().stream()
                        .filter(one -> one.getPath().equals(path))
                        .findFirst()
                        .orElseThrow();
        Iterator<Job> states =
                stub().watch(GetJobRequest.newBuilder().setJobId(job.getId()).build());
        while (states.hasNext()) {
            states.next();
        }
    }
}
