package io.millrace.embedded;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Tells Kafka what changes in the buckets, as S3 does: afterwards, at least once while the server
 * lives, and without a promise. While Kafka is away, {@value #WAITING} events wait; more are lost,
 * and the log says so.
 */
final class BucketEvents implements AutoCloseable {

    static final String BOOTSTRAP_SERVERS = "events.bootstrap.servers";
    static final String TOPIC = "events.topic";

    private static final int WAITING = 200_000;
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final String topic;
    private final KafkaProducer<String, String> producer;
    private final BlockingQueue<ProducerRecord<String, String>> waiting =
            new ArrayBlockingQueue<>(WAITING);
    private final AtomicLong sequence = new AtomicLong(System.currentTimeMillis() << 20);
    private final AtomicLong lost = new AtomicLong();
    private final Thread sender;

    /** Connects when there is something to tell. */
    BucketEvents(String bootstrapServers, String topic) {
        this.topic = topic;
        this.producer =
                new KafkaProducer<>(
                        Map.of(
                                "bootstrap.servers",
                                bootstrapServers,
                                "client.id",
                                "millrace-s3-events",
                                "acks",
                                "all",
                                "linger.ms",
                                "2",
                                "max.block.ms",
                                "5000",
                                "reconnect.backoff.max.ms",
                                "1000"),
                        new StringSerializer(),
                        new StringSerializer());
        this.sender = Thread.ofPlatform().daemon().name("bucket-events").start(this::send);
    }

    /** An object has new bytes. Call it before another change of the key can be. */
    void put(String bucket, String key, @Nullable String etag, @Nullable Long length) {
        String object =
                ",\"size\":%d,\"eTag\":\"%s\""
                        .formatted(
                                length == null ? 0 : length,
                                etag == null ? "" : etag.replace("\"", ""));
        add(bucket, key, "ObjectCreated:Put", object);
    }

    /** A key holds nothing any more. */
    void removed(String bucket, String key) {
        add(bucket, key, "ObjectRemoved:Delete", "");
    }

    private void add(String bucket, String key, String name, String object) {
        // Nothing here needs escaping in JSON: buckets are plain, and keys are encoded.
        String message =
                """
                {"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1",\
                "eventTime":"%s","eventName":"%s","s3":{"s3SchemaVersion":"1.0",\
                "bucket":{"name":"%s"},"object":{"key":"%s"%s,"sequencer":"%s"}}}]}\
                """
                        .formatted(
                                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                                name,
                                bucket,
                                URLEncoder.encode(key, StandardCharsets.UTF_8),
                                object,
                                HexFormat.of()
                                        .withUpperCase()
                                        .toHexDigits(sequence.incrementAndGet()));
        add(new ProducerRecord<>(topic, bucket + "/" + key, message));
    }

    private void add(ProducerRecord<String, String> record) {
        if (!waiting.offer(record) && lost.incrementAndGet() % WAITING == 1) {
            System.out.println(
                    "bucket events are lost: Kafka takes none, and " + WAITING + " wait");
        }
    }

    private void send() {
        try {
            while (true) {
                ProducerRecord<String, String> record = waiting.take();
                producer.send(
                        record,
                        (_, failure) -> {
                            if (failure != null) {
                                add(record);
                            }
                        });
            }
        } catch (InterruptedException | InterruptException e) {
            // Closed.
        }
    }

    @Override
    public void close() {
        sender.interrupt();
        producer.close(CLOSE);
    }
}
