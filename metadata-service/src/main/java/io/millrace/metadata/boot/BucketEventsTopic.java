package io.millrace.metadata.boot;

import static java.util.Map.entry;

import io.millrace.metadata.events.BucketChange;
import io.millrace.metadata.events.EventApplier;
import io.millrace.metadata.events.EventMetrics;
import io.millrace.metadata.events.EventStore;
import io.millrace.metadata.events.Notification;
import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads what buckets say of themselves. Offsets are committed after the database; replicas share
 * the partitions. What cannot be read goes to {@code ufs.changes.dead}. Where messages were lost
 * before they were read, because Kafka no longer has them, every mount that follows events is
 * distrusted.
 */
@Singleton
class BucketEventsTopic {

    private static final Logger LOG = Logger.getLogger(BucketEventsTopic.class);
    private static final Duration BROKER_WAIT = Duration.ofSeconds(5);
    private static final Duration CLOSE = Duration.ofSeconds(1);
    private static final Duration BEAT = Duration.ofSeconds(1);
    private static final int EXCERPT = 500;

    private final String bootstrapServers;
    private final MetadataSettings settings;
    private final EventApplier applier;
    private final EventStore store;
    private final MountTable mounts;
    private final EventMetrics metrics;
    private final DeadEventsTopic deadTopic;
    private final Map<Integer, Long> newest = new HashMap<>();
    private long beatNanos = System.nanoTime() - BEAT.toNanos();
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    /** Connects to nobody yet. */
    BucketEventsTopic(
            @ConfigProperty(name = "kafka.bootstrap.servers", defaultValue = "localhost:9092")
                    String bootstrapServers,
            MetadataSettings settings,
            EventApplier applier,
            EventStore store,
            MountTable mounts,
            EventMetrics metrics,
            DeadEventsTopic deadTopic) {
        this.bootstrapServers = bootstrapServers;
        this.settings = settings;
        this.applier = applier;
        this.store = store;
        this.mounts = mounts;
        this.metrics = metrics;
        this.deadTopic = deadTopic;
    }

    /**
     * Applies what has come, waiting at most {@code wait} for it. Called by one thread.
     *
     * @return whether something had come
     * @throws MillraceException UNAVAILABLE when Kafka or Postgres is away: what was read is read
     *     again
     */
    boolean step(Duration wait) {
        KafkaConsumer<byte[], byte[]> reading = open();
        try {
            ConsumerRecords<byte[], byte[]> records = reading.poll(wait);
            if (!records.isEmpty()) {
                apply(records);
                reading.commitSync();
            }
            beat(reading);
            return !records.isEmpty();
        } catch (WakeupException e) {
            return false;
        } catch (RuntimeException e) {
            // Begun anew at what is committed.
            close();
            throw e;
        }
    }

    private KafkaConsumer<byte[], byte[]> open() {
        KafkaConsumer<byte[], byte[]> opened = consumer;
        if (opened == null) {
            Topics.ensure(bootstrapServers, settings.slots(), BROKER_WAIT, Topics.UFS_CHANGES);
            opened =
                    new KafkaConsumer<>(
                            Map.ofEntries(
                                    entry("bootstrap.servers", bootstrapServers),
                                    entry("client.id", "millrace-metadata-events"),
                                    entry("group.id", Topics.EVENTS_GROUP),
                                    entry("enable.auto.commit", "false"),
                                    entry("auto.offset.reset", "earliest"),
                                    entry("allow.auto.create.topics", "false"),
                                    entry(
                                            "max.poll.records",
                                            Integer.toString(settings.events().batch())),
                                    // How soon others take over from a process that was killed.
                                    entry("session.timeout.ms", "6000"),
                                    entry("heartbeat.interval.ms", "1500"),
                                    entry("reconnect.backoff.max.ms", "1000")),
                            new ByteArrayDeserializer(),
                            new ByteArrayDeserializer());
            store.know(opened.partitionsFor(Topics.UFS_CHANGES.name(), BROKER_WAIT).size());
            opened.subscribe(List.of(Topics.UFS_CHANGES.name()), new Assignment(opened));
            consumer = opened;
        }
        return opened;
    }

    /** Looks whether Kafka still has what this group has not read. */
    private final class Assignment implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> reading;

        Assignment(KafkaConsumer<byte[], byte[]> reading) {
            this.reading = reading;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            Map<TopicPartition, Long> first = reading.beginningOffsets(partitions, BROKER_WAIT);
            for (TopicPartition partition : partitions) {
                long kept = first.getOrDefault(partition, 0L);
                Optional<Long> next = store.next(partition.partition());
                if (next.isPresent() && kept > next.get()) {
                    lost(partition, kept - next.get());
                }
            }
        }
    }

    private void lost(TopicPartition partition, long messages) {
        List<Mount> following =
                mounts.refresh().stream()
                        .filter(mount -> mount.options().freshness() == Mount.Freshness.EVENTS)
                        .toList();
        mounts.distrust(following);
        LOG.warnf(
                "event=bucket-events-lost partition=%d messages=%d mounts=%d",
                partition.partition(), messages, following.size());
    }

    private void apply(ConsumerRecords<byte[], byte[]> records) {
        List<BucketChange> changes = new ArrayList<>();
        List<DeadEventsTopic.Dead> dead = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> message : records) {
            Notification notification = Notification.parse(message.value());
            changes.addAll(notification.changes());
            metrics.ignored(notification.ignored());
            notification
                    .changes()
                    .forEach(change ->
                            newest.merge(
                                    message.partition(), change.time().toEpochMilli(), Math::max));
            if (!notification.problems().isEmpty()) {
                dead.add(
                        new DeadEventsTopic.Dead(
                                message, String.join("; ", notification.problems())));
            }
        }
        if (!dead.isEmpty()) {
            bury(dead);
        }
        applier.apply(changes);
    }

    private void bury(List<DeadEventsTopic.Dead> dead) {
        deadTopic.send(dead);
        store.bury(dead.stream().map(BucketEventsTopic::stored).toList());
        dead.forEach(_ -> metrics.dead());
        DeadEventsTopic.Dead first = dead.getFirst();
        LOG.warnf(
                "event=bucket-events-unreadable count=%d partition=%d offset=%d reason=\"%s\"",
                dead.size(), first.message().partition(), first.message().offset(), first.reason());
    }

    private static EventStore.Dead stored(DeadEventsTopic.Dead dead) {
        ConsumerRecord<byte[], byte[]> message = dead.message();
        byte[] value = message.value() == null ? new byte[0] : message.value();
        String start =
                new String(value, 0, Math.min(value.length, EXCERPT), StandardCharsets.UTF_8);
        return new EventStore.Dead(
                message.partition(),
                message.offset(),
                message.timestamp(),
                dead.reason(),
                // Postgres keeps no NUL, and terminals are not to be trusted with the others.
                start.replaceAll("\\p{Cntrl}", " "));
    }

    /** Asks the broker for its ends, which is also how it is known to be there. */
    private void beat(KafkaConsumer<byte[], byte[]> reading) {
        long now = System.nanoTime();
        if (now - beatNanos < BEAT.toNanos() || reading.assignment().isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> ends = reading.endOffsets(reading.assignment(), BROKER_WAIT);
        List<EventStore.Progress> progress = new ArrayList<>();
        ends.forEach((partition, end) ->
                progress.add(
                        new EventStore.Progress(
                                partition.partition(),
                                reading.position(partition, BROKER_WAIT),
                                end,
                                newest.getOrDefault(partition.partition(), 0L))));
        store.beat(progress);
        beatNanos = now;
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
        deadTopic.close();
    }
}
