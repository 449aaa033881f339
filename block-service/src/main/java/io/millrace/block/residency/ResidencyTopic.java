package io.millrace.block.residency;

import io.millrace.contracts.v1.ResidencySummary;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Sends summaries to {@code block.residency}, and waits until the broker has them. One thread. */
public final class ResidencyTopic implements Consumer<ResidencySummary>, AutoCloseable {

    private static final Duration BROKER_WAIT = Duration.ofSeconds(5);
    private static final Duration CLOSE = Duration.ofMillis(500);

    /** Of the ring; this topic's partitions do not depend on it. */
    private static final int ANY_SLOTS = 1;

    private final String bootstrapServers;
    private @Nullable KafkaProducer<String, byte[]> producer;

    /** Connects to nobody yet. */
    public ResidencyTopic(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    /**
     * @throws MillraceException UNAVAILABLE when Kafka does not take it in about 10 s
     */
    @Override
    public void accept(ResidencySummary summary) {
        try {
            open().send(
                            new ProducerRecord<>(
                                    Topics.BLOCK_RESIDENCY.name(),
                                    summary.getWorkerId(),
                                    Topics.BLOCK_RESIDENCY.encode(summary)))
                    .get(BROKER_WAIT.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "the residency summary was not sent", e);
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "Kafka at " + bootstrapServers + " does not take residency summaries",
                    e);
        }
    }

    private KafkaProducer<String, byte[]> open() {
        KafkaProducer<String, byte[]> opened = producer;
        if (opened == null) {
            Topics.ensure(bootstrapServers, ANY_SLOTS, BROKER_WAIT, Topics.BLOCK_RESIDENCY);
            opened =
                    new KafkaProducer<>(
                            Map.of(
                                    "bootstrap.servers",
                                    bootstrapServers,
                                    "client.id",
                                    "millrace-residency",
                                    "acks",
                                    "all",
                                    "request.timeout.ms",
                                    "4000",
                                    "delivery.timeout.ms",
                                    "9000",
                                    "max.block.ms",
                                    Long.toString(BROKER_WAIT.toMillis())),
                            new StringSerializer(),
                            new ByteArraySerializer());
            producer = opened;
        }
        return opened;
    }

    @Override
    public void close() {
        if (producer != null) {
            producer.close(CLOSE);
            producer = null;
        }
    }
}
