package io.millrace.metadata.boot;

import io.millrace.topics.Topic;
import io.millrace.topics.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a topic as a member of a consumer group, from its beginning, and commits offsets after what
 * was read has been applied. Replicas share the partitions. Connects at the first step, and anew
 * after each that failed.
 */
final class GroupReader {

    static final Duration BROKER_WAIT = Duration.ofSeconds(5);

    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final String bootstrapServers;
    private final int slots;
    private final Topic<?> topic;
    private final Map<String, Object> properties;
    private final Member member;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    /** Who reads; called by the thread of the steps. */
    interface Member {
        /** Applies what was read; answers how much of it counted. */
        int apply(ConsumerRecords<byte[], byte[]> records);

        /** A connection is there, and no partition yet. */
        default void connected(KafkaConsumer<byte[], byte[]> reading) {}

        /** These partitions will be read from now on, too. */
        default void assigned(
                KafkaConsumer<byte[], byte[]> reading, Collection<TopicPartition> partitions) {}

        /** A step has applied and committed all it read. */
        default void stepped(KafkaConsumer<byte[], byte[]> reading) {}
    }

    /**
     * @param client id of the client
     * @param group of the consumers
     * @param more properties of the consumer
     */
    GroupReader(
            String bootstrapServers,
            int slots,
            Topic<?> topic,
            String client,
            String group,
            Map<String, String> more,
            Member member) {
        this.bootstrapServers = bootstrapServers;
        this.slots = slots;
        this.topic = topic;
        this.properties = new HashMap<>(more);
        this.member = member;
        properties.put("bootstrap.servers", bootstrapServers);
        properties.put("client.id", client);
        properties.put("group.id", group);
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("allow.auto.create.topics", "false");
        properties.put("reconnect.backoff.max.ms", "1000");
    }

    /**
     * Applies what has come, waiting at most {@code wait} for it. Called by one thread. Answers how
     * much of it counted.
     *
     * @throws RuntimeException when Kafka is away, or the member failed: what was read is read
     *     again
     */
    int step(Duration wait) {
        int applied = 0;
        try {
            KafkaConsumer<byte[], byte[]> reading = open();
            ConsumerRecords<byte[], byte[]> records = reading.poll(wait);
            if (!records.isEmpty()) {
                applied = member.apply(records);
                reading.commitSync();
            }
            member.stepped(reading);
            return applied;
        } catch (WakeupException e) {
            return applied;
        } catch (RuntimeException e) {
            // Begun anew at what is committed.
            close();
            throw e;
        }
    }

    private KafkaConsumer<byte[], byte[]> open() {
        KafkaConsumer<byte[], byte[]> open = consumer;
        if (open != null) {
            return open;
        }
        Topics.ensure(bootstrapServers, slots, BROKER_WAIT, topic);
        KafkaConsumer<byte[], byte[]> opened =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer = opened;
        member.connected(opened);
        opened.subscribe(
                List.of(topic.name()),
                new ConsumerRebalanceListener() {
                    @Override
                    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

                    @Override
                    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                        member.assigned(opened, partitions);
                    }
                });
        return opened;
    }

    /** Ends a step that waits, from any thread. */
    void wakeUp() {
        KafkaConsumer<byte[], byte[]> open = consumer;
        if (open != null) {
            open.wakeup();
        }
    }

    /** Leaves the group; the next step joins it again. By the thread of the steps, or after it. */
    void close() {
        KafkaConsumer<byte[], byte[]> open = consumer;
        consumer = null;
        if (open != null) {
            open.close(CloseOptions.timeout(CLOSE));
        }
    }
}
