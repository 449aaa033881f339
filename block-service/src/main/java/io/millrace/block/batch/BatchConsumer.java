package io.millrace.block.batch;

import io.millrace.block.cluster.ClusterView;
import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Consumes {@code block.batches}: the partitions of the slots this worker is first owner of,
 * assigned by hand, in each partition one batch after the other.
 *
 * <p>One thread talks to the consumer; it assigns again when the ring has changed, also while
 * batches run. A partition with a batch under way is paused. A batch's result is published, and
 * then its offset is committed, unless the partition was given up meanwhile: then its new owner
 * runs it again, which does no harm. When Kafka is away, it tries again for ever.
 */
public final class BatchConsumer implements AutoCloseable {

    private static final Logger LOG = System.getLogger(BatchConsumer.class.getName());
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofMillis(800);
    private static final Duration PUBLISH_TIMEOUT = Duration.ofSeconds(30);

    /** What a running batch ended with. */
    private record Ended(TopicPartition partition, long offset, boolean commit) {}

    private final BatchSettings settings;
    private final ClusterView cluster;
    private final BatchRunner runner;
    private final BatchMeter meter;
    private final InstantSource clock;
    private final Semaphore batches;
    private final ConcurrentLinkedQueue<Ended> ended = new ConcurrentLinkedQueue<>();
    private final Set<TopicPartition> busy = new HashSet<>();

    /** Paused because as many batches were under way as may be. */
    private final Set<TopicPartition> waiting = new HashSet<>();

    private volatile boolean ringChanged = true;
    private volatile boolean stopped;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private volatile boolean connected;
    private @Nullable Thread thread;

    public BatchConsumer(
            BatchSettings settings,
            ClusterView cluster,
            BatchRunner runner,
            BatchMeter meter,
            InstantSource clock) {
        this.settings = settings;
        this.cluster = cluster;
        this.runner = runner;
        this.meter = meter;
        this.clock = clock;
        this.batches = new Semaphore(settings.batches());
    }

    /** Begins, in the background. */
    public void start() {
        cluster.onChange(() -> ringChanged = true);
        thread = Thread.ofPlatform().daemon().name("batches").start(this::run);
    }

    /** Whether there is a connection to Kafka; none is made while the worker owns no slot. */
    public boolean isConnected() {
        return connected;
    }

    private void run() {
        boolean told = false;
        while (!stopped) {
            KafkaConsumer<byte[], byte[]> opened = null;
            KafkaProducer<String, byte[]> producer = null;
            try {
                opened = openConsumer();
                producer = openProducer();
                consumer = opened;
                ringChanged = true;
                busy.clear();
                waiting.clear();
                consume(opened, producer);
            } catch (WakeupException | InterruptException e) {
                // Only a stop wakes or interrupts.
            } catch (KafkaException e) {
                if (!told) {
                    LOG.log(
                            Level.WARNING,
                            "batches: Kafka at {0}: {1}; serving goes on",
                            settings.bootstrapServers(),
                            e.getMessage());
                    told = true;
                }
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "batches: begun anew", e);
            } finally {
                consumer = null;
                told &= !connected;
                connected = false;
                close(opened, producer);
            }
            if (!stopped) {
                LockSupport.parkNanos(settings.retryPause().toNanos());
            }
        }
    }

    private static void close(
            @Nullable KafkaConsumer<byte[], byte[]> consumer,
            @Nullable KafkaProducer<String, byte[]> producer) {
        if (producer != null) {
            producer.close(CLOSE);
        }
        if (consumer != null) {
            consumer.close(CloseOptions.timeout(CLOSE));
        }
    }

    private void consume(
            KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<String, byte[]> producer) {
        while (!stopped) {
            if (ringChanged) {
                ringChanged = false;
                assign(consumer);
            }
            commitEnded(consumer);
            if (consumer.assignment().isEmpty()) {
                LockSupport.parkNanos(POLL.toNanos());
                continue;
            }
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            watchConnection(consumer);
            for (TopicPartition partition : records.partitions()) {
                take(consumer, producer, partition, records.records(partition));
            }
        }
    }

    /** The client tries again by itself, and fails no call: only its connections tell. */
    private void watchConnection(KafkaConsumer<byte[], byte[]> consumer) {
        boolean now =
                consumer.metrics().values().stream()
                        .filter(metric -> metric.metricName().name().equals("connection-count"))
                        .anyMatch(metric -> ((Number) metric.metricValue()).doubleValue() > 0);
        if (now != connected) {
            connected = now;
            LOG.log(
                    now ? Level.INFO : Level.WARNING,
                    now
                            ? "batches: connected to Kafka at {0}"
                            : "batches: Kafka at {0} is away; serving goes on",
                    settings.bootstrapServers());
        }
    }

    private void assign(KafkaConsumer<byte[], byte[]> consumer) {
        Set<TopicPartition> wanted =
                cluster.ownSlots().stream()
                        .map(slot -> new TopicPartition(Topics.BLOCK_BATCHES.name(), slot))
                        .collect(Collectors.toSet());
        if (!wanted.equals(consumer.assignment())) {
            consumer.assign(wanted);
            consumer.resume(wanted);
            Set<TopicPartition> running = new HashSet<>(busy);
            running.retainAll(wanted);
            consumer.pause(running);
            waiting.clear();
            LOG.log(
                    Level.INFO,
                    "batches epoch={0} partitions={1}",
                    Long.toString(cluster.known().ring().epoch()),
                    wanted.size());
        }
    }

    /** Takes the first batch of what came; the rest is fetched again once it has ended. */
    private void take(
            KafkaConsumer<byte[], byte[]> consumer,
            KafkaProducer<String, byte[]> producer,
            TopicPartition partition,
            List<ConsumerRecord<byte[], byte[]>> records) {
        ConsumerRecord<byte[], byte[]> first = records.getFirst();
        if (busy.contains(partition) || !batches.tryAcquire()) {
            consumer.seek(partition, first.offset());
            consumer.pause(Set.of(partition));
            waiting.add(partition);
            return;
        }
        if (records.size() > 1) {
            consumer.seek(partition, first.offset() + 1);
        }
        busy.add(partition);
        consumer.pause(Set.of(partition));
        Thread.ofVirtual()
                .name("batch")
                .start(() -> {
                    boolean commit = false;
                    try {
                        commit = runOne(producer, first);
                    } catch (RuntimeException e) {
                        LOG.log(Level.WARNING, "batch in {0}: {1}", partition, e);
                    } finally {
                        batches.release();
                        ended.add(new Ended(partition, first.offset(), commit));
                    }
                });
    }

    /** Whether the record is done with: its result is published, or it is no batch. */
    private boolean runOne(
            KafkaProducer<String, byte[]> producer, ConsumerRecord<byte[], byte[]> message) {
        Batch batch;
        try {
            batch = Topics.BLOCK_BATCHES.decode(message.value());
        } catch (MillraceException | NullPointerException e) {
            meter.unreadable();
            LOG.log(
                    Level.WARNING,
                    "message partition={0} offset={1} passed by: {2}",
                    message.partition(),
                    Long.toString(message.offset()),
                    e.getMessage());
            return true;
        }
        if (batch.getExpiresMillis() > 0 && batch.getExpiresMillis() < clock.millis()) {
            meter.expired();
            LOG.log(
                    Level.INFO,
                    "batch id={0} job={1} slot={2} has expired and is passed by",
                    batch.getBatchId(),
                    batch.getJobId(),
                    message.partition());
            return true;
        }
        BatchResult result = runner.run(batch);
        try {
            producer.send(
                            new ProducerRecord<>(
                                    Topics.BLOCK_RESULTS.name(),
                                    result.getJobId(),
                                    Topics.BLOCK_RESULTS.encode(result)))
                    .get(PUBLISH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(
                    Level.WARNING,
                    "batch id={0} result not published: {1}; it is run again",
                    batch.getBatchId(),
                    e.getMessage());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        meter.finished();
        LOG.log(
                Level.INFO,
                "batch id={0} job={1} slot={2} done={3} skipped={4} failed={5} moved={6} returned={7} millis={8}",
                batch.getBatchId(),
                batch.getJobId(),
                message.partition(),
                result.getDoneItems(),
                result.getSkippedItems(),
                result.getFailedCount(),
                result.getMovedCount(),
                result.getReturnedCount(),
                Long.toString(result.getFinishedMillis() - result.getStartedMillis()));
        return true;
    }

    private void commitEnded(KafkaConsumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        if (!ended.isEmpty()) {
            waiting.removeAll(busy);
            waiting.retainAll(consumer.assignment());
            consumer.resume(waiting);
            waiting.clear();
        }
        for (Ended one = ended.poll(); one != null; one = ended.poll()) {
            TopicPartition partition = one.partition();
            if (!busy.remove(partition) || !consumer.assignment().contains(partition)) {
                continue;
            }
            consumer.resume(Set.of(partition));
            if (one.commit()) {
                offsets.put(partition, new OffsetAndMetadata(one.offset() + 1));
            } else {
                consumer.seek(partition, one.offset());
            }
        }
        if (!offsets.isEmpty()) {
            consumer.commitSync(offsets);
        }
    }

    private KafkaConsumer<byte[], byte[]> openConsumer() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", settings.bootstrapServers());
        properties.put("group.id", Topics.WORKERS_GROUP);
        properties.put("client.id", "millrace-" + cluster.self());
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("allow.auto.create.topics", "false");
        properties.put("max.poll.records", Integer.toString(settings.batches() * 2));
        properties.put("fetch.max.bytes", Integer.toString(2 * Topics.MAX_BATCH_MESSAGE_BYTES));
        properties.put("max.partition.fetch.bytes", Integer.toString(1 << 20));
        properties.put("reconnect.backoff.max.ms", "2000");
        properties.put("default.api.timeout.ms", "10000");
        return new KafkaConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private KafkaProducer<String, byte[]> openProducer() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", settings.bootstrapServers());
        properties.put("client.id", "millrace-" + cluster.self() + "-results");
        properties.put("acks", "all");
        properties.put("enable.idempotence", "true");
        properties.put("max.request.size", Integer.toString(Topics.MAX_BATCH_MESSAGE_BYTES));
        properties.put("buffer.memory", Integer.toString(2 * Topics.MAX_BATCH_MESSAGE_BYTES));
        properties.put("delivery.timeout.ms", "30000");
        properties.put("request.timeout.ms", "10000");
        properties.put("max.block.ms", "10000");
        properties.put("reconnect.backoff.max.ms", "2000");
        return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    }

    /** Ends within about 3 s; batches under way are run again by whoever takes the slot. */
    @Override
    public void close() {
        stopped = true;
        runner.stop();
        KafkaConsumer<byte[], byte[]> open = consumer;
        if (open != null) {
            open.wakeup();
        }
        Thread started = thread;
        if (started != null) {
            LockSupport.unpark(started);
            try {
                started.join(3_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
