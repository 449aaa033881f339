package io.millrace.job.dispatch;

import io.millrace.contracts.v1.Batch;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends batches to the partition of their slot, acknowledged by all replicas. Used by one thread.
 */
final class BatchProducer implements AutoCloseable {

    /** A first contact to an absent broker is given up after this, so that a stop is quick. */
    private static final Duration LONGEST_BLOCK = Duration.ofSeconds(3);

    private final Map<String, Object> properties;
    private final Duration timeout;
    private Optional<KafkaProducer<String, byte[]>> producer = Optional.empty();

    BatchProducer(Map<String, Object> kafka, Duration timeout) {
        this.properties = new HashMap<>(kafka);
        this.timeout = timeout;
        int millis = Math.toIntExact(timeout.toMillis());
        properties.put("client.id", "millrace-jobs");
        properties.put("acks", "all");
        properties.put("enable.idempotence", "true");
        properties.put("linger.ms", "0");
        properties.put("request.timeout.ms", Integer.toString(millis / 2));
        properties.put("delivery.timeout.ms", Integer.toString(millis));
        properties.put("max.block.ms", Long.toString(Math.min(millis, LONGEST_BLOCK.toMillis())));
        properties.put("reconnect.backoff.max.ms", "1000");
        properties.put("max.request.size", Integer.toString(Topics.MAX_BATCH_MESSAGE_BYTES));
    }

    /**
     * Sends them all, and waits for all.
     *
     * @return one for each batch: empty when it is in Kafka, else why that is not known
     */
    List<Optional<MillraceException>> send(List<Batch> batches) {
        List<Future<RecordMetadata>> sending = new ArrayList<>();
        for (Batch batch : batches) {
            sending.add(start(batch));
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        List<Optional<MillraceException>> outcomes = new ArrayList<>();
        for (Future<RecordMetadata> one : sending) {
            outcomes.add(await(one, deadline));
        }
        if (outcomes.stream().anyMatch(Optional::isPresent)) {
            close();
        }
        return outcomes;
    }

    private Future<RecordMetadata> start(Batch batch) {
        try {
            return producer()
                    .send(
                            new ProducerRecord<>(
                                    Topics.BLOCK_BATCHES.name(),
                                    batch.getSlot(),
                                    batch.getBatchId(),
                                    Topics.BLOCK_BATCHES.encode(batch)));
        } catch (KafkaException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private KafkaProducer<String, byte[]> producer() {
        if (producer.isEmpty()) {
            producer =
                    Optional.of(
                            new KafkaProducer<>(
                                    properties, new StringSerializer(), new ByteArraySerializer()));
        }
        return producer.get();
    }

    private static Optional<MillraceException> await(
            Future<RecordMetadata> sending, long deadline) {
        try {
            sending.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            return Optional.empty();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return Optional.of(failure(String.valueOf(cause.getMessage()), cause));
        } catch (TimeoutException e) {
            return Optional.of(failure("no answer in time", e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(failure("interrupted", e));
        }
    }

    private static MillraceException failure(String why, Throwable cause) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "Kafka (kafka.bootstrap.servers) does not take batches: " + why,
                cause);
    }

    /** Drops the connection; the next send makes another. */
    @Override
    public void close() {
        producer.ifPresent(open -> open.close(Duration.ZERO));
        producer = Optional.empty();
    }
}
