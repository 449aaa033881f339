package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.AwaitVisibleRequest;
import io.millrace.contracts.v1.AwaitVisibleResponse;
import io.millrace.contracts.v1.EventState;
import io.millrace.contracts.v1.Freshness;
import io.millrace.contracts.v1.GetFreshnessRequest;
import io.millrace.contracts.v1.MountFreshness;
import io.millrace.standalone.cluster.Part;
import io.millrace.standalone.cluster.PartKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A mount that follows the bucket's events: what changes in the bucket is seen through it, long
 * before anything would be listed again.
 */
@SuppressWarnings("NullAway.Init")
class BucketEventsIT {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int OVERWRITES = 200;

    private static TestCluster cluster;
    private static Path data;

    @BeforeAll
    static void start() throws Exception {
        MountPossible.assume();
        cluster = TestCluster.start(settings -> settings);
        cluster.addMount(
                "/data", "set/", options -> options.setFreshness(Freshness.FRESHNESS_EVENTS));
        data = cluster.mount().resolve("data");
    }

    @BeforeEach
    void listOnce() throws Exception {
        put("d/first", "1");
        await("the first file", () -> read("d/first").equals("1"));
        await("events are followed", () -> state() == EventState.EVENT_STATE_FOLLOWED);
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    private void put(String key, String content) {
        cluster.bucket().put("set/" + key, content.getBytes(StandardCharsets.UTF_8));
    }

    private String read(String key) throws IOException {
        return Files.readString(data.resolve(key));
    }

    private MountFreshness freshness() {
        return cluster.metadata()
                .getFreshness(GetFreshnessRequest.newBuilder().setMountPath("/data").build());
    }

    private EventState state() {
        return freshness().getEvents();
    }

    /** A thing that will hold; it may fail until then. */
    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(String what, Condition condition) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException e) {
                // Not yet.
            }
            assertTrue(System.nanoTime() < end, what + ": not within " + LIMIT);
            Thread.sleep(5);
        }
    }

    @Test
    void whatChangesInTheBucketIsSeenThroughTheMount() throws Exception {
        assertFalse(Files.exists(data.resolve("d/new")));
        assertFalse(Files.exists(data.resolve("e")));

        put("d/new", "2");
        await("a new file", () -> read("d/new").equals("2"));
        put("d/first", "other bytes");
        await("an overwritten file", () -> read("d/first").equals("other bytes"));
        put("e/f/g", "3");
        await("a file in new directories", () -> read("e/f/g").equals("3"));
        cluster.bucket().delete("set/d/new");
        await("a deleted file", () -> !Files.exists(data.resolve("d/new")));
        cluster.bucket().delete("set/e/f/g");
        await("directories without files", () -> !Files.exists(data.resolve("e")));

        List<Long> millis = new ArrayList<>();
        byte[] content = new byte[1_000];
        for (int i = 0; i < OVERWRITES; i++) {
            new Random(i).nextBytes(content);
            long began = System.nanoTime();
            cluster.bucket().put("set/d/first", content);
            byte[] expected = content.clone();
            await(
                    "overwrite " + i,
                    () ->
                            java.util.Arrays.equals(
                                    expected, Files.readAllBytes(data.resolve("d/first"))));
            millis.add((System.nanoTime() - began) / 1_000_000);
        }
        millis.sort(null);
        MountFreshness freshness = freshness();
        System.out.printf(
                "from before the write to read through the mount: median %d ms, 99 %% %d ms%n",
                millis.get(OVERWRITES / 2), millis.get(OVERWRITES * 99 / 100));
        assertTrue(freshness.getAppliedEvents() >= OVERWRITES, freshness.toString());
    }

    @Test
    void afterABarrierNoNewOpenSeesAnOlderVersion() throws Exception {
        byte[] content = new byte[1_000];
        for (int i = 0; i < OVERWRITES; i++) {
            new Random(i).nextBytes(content);
            cluster.bucket().put("set/d/first", content);

            AwaitVisibleResponse passed = awaitVisible("/data/d/first", "");

            assertTrue(passed.getVisible(), passed.toString());
            // One that makes the cache for faster starts may be there, too.
            assertTrue(passed.getAgents() >= 1, passed.toString());
            assertArrayEquals(content, Files.readAllBytes(data.resolve("d/first")));
        }
        cluster.bucket().delete("set/d/first");
        assertTrue(awaitVisible("/data/d/first", "").getVisible());
        assertFalse(Files.exists(data.resolve("d/first")));
    }

    @Test
    void aBarrierWaitsForAVersionAndSaysWhoIsMissing() throws Exception {
        AwaitVisibleResponse other = awaitVisible("/data/d/first", "never-written");
        assertFalse(other.getVisible());
        assertEquals(0, other.getMissingCount());
        assertFalse(other.getObjectVersion().isEmpty());

        Part agent =
                cluster.cluster().parts().stream()
                        .filter(part -> part.kind() == PartKind.AGENT)
                        .findFirst()
                        .orElseThrow();
        new ProcessBuilder("kill", "-STOP", Long.toString(agent.pid())).start().waitFor();
        try {
            put("d/first", "while an agent is stopped");
            AwaitVisibleResponse missed = awaitVisible("/data/d/first", "");
            assertFalse(missed.getVisible());
            assertEquals(1, missed.getMissingCount(), missed.toString());
        } finally {
            new ProcessBuilder("kill", "-CONT", Long.toString(agent.pid())).start().waitFor();
        }
        await("the agent goes on", () -> awaitVisible("/data/d/first", "").getVisible());
        assertEquals("while an agent is stopped", read("d/first"));
    }

    private AwaitVisibleResponse awaitVisible(String path, String version) {
        return cluster.visibility()
                .awaitVisible(
                        AwaitVisibleRequest.newBuilder()
                                .setPath(path)
                                .setObjectVersion(version)
                                .setTimeoutMillis(3_000)
                                .build());
    }

    @Test
    void whatHappensWhileNobodyListensIsSeenAfterwards() throws Exception {
        Part metadata =
                cluster.cluster().parts().stream()
                        .filter(part -> part.kind() == PartKind.METADATA_SERVICE)
                        .findFirst()
                        .orElseThrow();
        for (int i = 0; i < 50; i++) {
            put("d/f" + i, "before");
        }
        metadata.kill();
        for (int i = 0; i < 50; i++) {
            put("d/f" + i, "after");
        }
        cluster.bucket().delete("set/d/first");
        metadata.start();

        await("events are followed again", () -> state() == EventState.EVENT_STATE_FOLLOWED);
        await("a deleted file", () -> !Files.exists(data.resolve("d/first")));
        for (int i = 0; i < 50; i++) {
            String key = "d/f" + i;
            await(key, () -> read(key).equals("after"));
        }
    }

    @Test
    void whatCannotBeReadIsListedAndHoldsNothingUp() throws Exception {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", cluster.cluster().endpoints().kafka()),
                        new StringSerializer(),
                        new StringSerializer())) {
            producer.send(new ProducerRecord<>("ufs.changes", "k", "{\"Records\": 7}")).get();
        }
        put("d/first", "after the unreadable one");
        await("an overwritten file", () -> read("d/first").equals("after the unreadable one"));
        await("the unreadable one is counted", () -> freshness().getDeadMessages() == 1);
        assertArrayEquals(
                "after the unreadable one".getBytes(StandardCharsets.UTF_8),
                Files.readAllBytes(data.resolve("d/first")));
    }
}
