package io.millrace.topics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.Batch;
import io.millrace.embedded.testing.TestServers;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TopicsIT {

    private static final Duration WAIT = Duration.ofSeconds(30);
    private static String bootstrap = "";
    private static Admin admin;

    @BeforeAll
    static void connect() {
        bootstrap = TestServers.kafka().bootstrapServers();
        admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    @AfterAll
    static void disconnect() {
        admin.close();
    }

    private static Topic<Batch> topic(
            String name, Topic.Partitions partitions, Duration retention) {
        return new Topic<>(
                name,
                "",
                partitions,
                retention,
                Topic.Cleanup.DELETE,
                1 << 20,
                new Topic.Format.Protobuf<>(Batch.getDefaultInstance()),
                "a test",
                "a test",
                "For a test.");
    }

    private static int partitions(String topic) throws Exception {
        return admin.describeTopics(List.of(topic))
                .topicNameValues()
                .values()
                .iterator()
                .next()
                .get()
                .partitions()
                .size();
    }

    private static String retention(String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(resource))
                .values()
                .values()
                .iterator()
                .next()
                .get()
                .get("retention.ms")
                .value();
    }

    @Test
    void aMissingTopicIsCreatedAsDeclaredByWhoeverComesFirst() throws Exception {
        Topic<Batch> topic = topic("race.one", new Topic.Partitions.PerSlot(), Duration.ofHours(1));

        CompletableFuture.allOf(
                        IntStream.range(0, 4)
                                .mapToObj(_ ->
                                        CompletableFuture.runAsync(
                                                () -> Topics.ensure(bootstrap, 7, WAIT, topic)))
                                .toArray(CompletableFuture[]::new))
                .join();

        assertEquals(7, partitions("race.one"));
        assertEquals("3600000", retention("race.one"));
    }

    @Test
    void anotherRetentionIsSet() throws Exception {
        Topic.Partitions two = new Topic.Partitions.AtLeast(2);
        Topics.ensure(bootstrap, 1, WAIT, topic("retention.one", two, Duration.ofHours(1)));

        Topics.ensure(bootstrap, 1, WAIT, topic("retention.one", two, Duration.ofHours(2)));

        assertEquals("7200000", retention("retention.one"));
    }

    @Test
    void tooFewPartitionsAreMadeMoreAndMoreAreLeft() throws Exception {
        Duration hour = Duration.ofHours(1);
        Topics.ensure(
                bootstrap, 1, WAIT, topic("partitions.one", new Topic.Partitions.AtLeast(2), hour));

        Topics.ensure(
                bootstrap, 1, WAIT, topic("partitions.one", new Topic.Partitions.AtLeast(5), hour));
        Topics.ensure(
                bootstrap, 1, WAIT, topic("partitions.one", new Topic.Partitions.AtLeast(3), hour));

        assertEquals(5, partitions("partitions.one"));
    }

    @Test
    void partitionsThatAreNotTheSlotsAreRefusedInOneSentence() {
        Topic<Batch> topic =
                topic("slots.one", new Topic.Partitions.PerSlot(), Duration.ofHours(1));
        Topics.ensure(bootstrap, 4, WAIT, topic);

        MillraceException refused =
                assertThrows(
                        MillraceException.class, () -> Topics.ensure(bootstrap, 8, WAIT, topic));

        assertEquals(ErrorCode.CONFLICT, refused.code());
        assertTrue(
                refused.getMessage()
                        .startsWith("topic slots.one has 4 partitions and the ring has 8 slots"),
                refused.getMessage());
    }
}
