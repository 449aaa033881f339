package io.millrace.job.result;

import io.millrace.contracts.v1.BatchResult;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads {@code block.results} and applies what it holds. An offset is committed after the database
 * has the result; a process that dies between applies it again, which changes nothing.
 *
 * <p>Used by one thread, but for {@link #wakeUp()}.
 */
public final class ResultConsumer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ResultConsumer.class.getName());

    private final KafkaConsumer<String, byte[]> consumer;
    private final Results results;

    /**
     * Connects to nobody yet.
     *
     * @param kafka properties of the clients
     * @param group under which offsets are committed
     */
    public ResultConsumer(Map<String, Object> kafka, String group, Results results) {
        Map<String, Object> properties = new HashMap<>(kafka);
        properties.put("client.id", "millrace-jobs-results");
        properties.put("group.id", group);
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("allow.auto.create.topics", "false");
        properties.put("metadata.max.age.ms", "5000");
        properties.put("reconnect.backoff.max.ms", "1000");
        properties.put(
                "max.partition.fetch.bytes", Integer.toString(Topics.MAX_BATCH_MESSAGE_BYTES));
        this.consumer =
                new KafkaConsumer<>(
                        properties, new StringDeserializer(), new ByteArrayDeserializer());
        this.results = results;
        consumer.subscribe(List.of(Topics.BLOCK_RESULTS.name()));
    }

    /**
     * Applies what has come, waiting at most {@code wait} for it.
     *
     * @return how many were counted now
     * @throws MillraceException UNAVAILABLE when the database is away: what was read is read again
     *     by the next step
     */
    public int step(Duration wait) {
        ConsumerRecords<String, byte[]> records = consumer.poll(wait);
        int applied = 0;
        for (TopicPartition partition : records.partitions()) {
            for (ConsumerRecord<String, byte[]> record : records.records(partition)) {
                try {
                    applied += apply(record);
                } catch (RuntimeException e) {
                    rewind(records);
                    throw e;
                }
            }
        }
        if (!records.isEmpty()) {
            consumer.commitSync();
        }
        return applied;
    }

    private int apply(ConsumerRecord<String, byte[]> record) {
        Optional<BatchResult> result = decode(record);
        return result.isPresent() && results.apply(result.get()) == Applied.NOW ? 1 : 0;
    }

    private static Optional<BatchResult> decode(ConsumerRecord<String, byte[]> record) {
        try {
            return Optional.of(Topics.BLOCK_RESULTS.decode(record.value()));
        } catch (MillraceException e) {
            LOG.log(
                    Level.WARNING,
                    "event=result-unreadable partition={0} offset={1} reason={2}",
                    record.partition(),
                    record.offset(),
                    e.getMessage());
            return Optional.empty();
        }
    }

    private void rewind(ConsumerRecords<String, byte[]> records) {
        for (TopicPartition partition : records.partitions()) {
            consumer.seek(
                    partition,
                    new OffsetAndMetadata(records.records(partition).getFirst().offset()));
        }
    }

    /** Ends a {@link #step} that waits, from any thread. */
    public void wakeUp() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close(
                org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(2)));
    }
}
