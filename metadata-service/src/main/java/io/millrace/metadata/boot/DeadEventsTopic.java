package io.millrace.metadata.boot;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Where messages of {@code ufs.changes} go that could not be read. Used by one thread. */
@Singleton
class DeadEventsTopic {

    private static final Duration BROKER_WAIT = Duration.ofSeconds(5);
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final String bootstrapServers;
    private final int slots;
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    DeadEventsTopic(
            @ConfigProperty(name = "kafka.bootstrap.servers", defaultValue = "localhost:9092")
                    String bootstrapServers,
            MetadataSettings settings) {
        this.bootstrapServers = bootstrapServers;
        this.slots = settings.slots();
    }

    /** A message and why it could not be read. */
    record Dead(ConsumerRecord<byte[], byte[]> message, String reason) {}

    /**
     * Returns when the broker has them.
     *
     * @throws MillraceException UNAVAILABLE
     */
    void send(List<Dead> dead) {
        KafkaProducer<byte[], byte[]> sending = open();
        List<Future<?>> sent = new ArrayList<>();
        try {
            for (Dead one : dead) {
                sent.add(sending.send(toRecord(one)));
            }
            for (Future<?> future : sent) {
                future.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw away(e);
        } catch (ExecutionException | RuntimeException e) {
            close();
            throw away(e);
        }
    }

    private static MillraceException away(Exception cause) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE, "Kafka does not take events that could not be read", cause);
    }

    private static ProducerRecord<byte[], byte[]> toRecord(Dead dead) {
        ConsumerRecord<byte[], byte[]> message = dead.message();
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                        Topics.UFS_CHANGES_DEAD.name(), message.key(), message.value());
        record.headers()
                .add("millrace-reason", dead.reason().getBytes(StandardCharsets.UTF_8))
                .add("millrace-partition", text(message.partition()))
                .add("millrace-offset", text(message.offset()));
        return record;
    }

    private static byte[] text(long number) {
        return Long.toString(number).getBytes(StandardCharsets.UTF_8);
    }

    private KafkaProducer<byte[], byte[]> open() {
        KafkaProducer<byte[], byte[]> opened = producer;
        if (opened == null) {
            Topics.ensure(bootstrapServers, slots, BROKER_WAIT, Topics.UFS_CHANGES_DEAD);
            opened =
                    new KafkaProducer<>(
                            Map.of(
                                    "bootstrap.servers",
                                    bootstrapServers,
                                    "client.id",
                                    "millrace-metadata-dead-events",
                                    "acks",
                                    "all",
                                    "max.request.size",
                                    Integer.toString(Topics.UFS_CHANGES_DEAD.maxMessageBytes()),
                                    "max.block.ms",
                                    "5000",
                                    "delivery.timeout.ms",
                                    "15000",
                                    "request.timeout.ms",
                                    "5000"),
                            new ByteArraySerializer(),
                            new ByteArraySerializer());
            producer = opened;
        }
        return opened;
    }

    void close() {
        KafkaProducer<byte[], byte[]> open = producer;
        producer = null;
        if (open != null) {
            open.close(CLOSE);
        }
    }
}
