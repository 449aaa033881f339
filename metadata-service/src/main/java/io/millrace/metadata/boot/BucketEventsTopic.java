package io.millrace.metadata.boot;

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
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Reads what buckets say of themselves. Offsets are committed after the database; replicas share
 * the partitions. What cannot be read goes to {@code ufs.changes.dead}. Where messages were lost
 * before they were read, because Kafka no longer has them, every mount that follows events is
 * distrusted.
 */
@Singleton
class BucketEventsTopic implements GroupReader.Member {

    private static final Logger LOG = Logger.getLogger(BucketEventsTopic.class);
    private static final Duration BEAT = Duration.ofSeconds(1);
    private static final int EXCERPT = 500;

    private final GroupReader reader;
    private final EventApplier applier;
    private final EventStore store;
    private final MountTable mounts;
    private final EventMetrics metrics;
    private final DeadEventsTopic deadTopic;
    private final Map<Integer, Long> newest = new HashMap<>();
    private long beatNanos = System.nanoTime() - BEAT.toNanos();

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
        this.reader =
                new GroupReader(
                        bootstrapServers,
                        settings.slots(),
                        Topics.UFS_CHANGES,
                        "millrace-metadata-events",
                        Topics.EVENTS_GROUP,
                        Map.of(
                                "max.poll.records",
                                Integer.toString(settings.events().batch()),
                                // How soon others take over from a process that was killed.
                                "session.timeout.ms",
                                "6000",
                                "heartbeat.interval.ms",
                                "1500"),
                        this);
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
        return reader.step(wait) > 0;
    }

    @Override
    public void connected(KafkaConsumer<byte[], byte[]> reading) {
        store.know(
                reading.partitionsFor(Topics.UFS_CHANGES.name(), GroupReader.BROKER_WAIT).size());
    }

    /** Looks whether Kafka still has what this group has not read. */
    @Override
    public void assigned(
            KafkaConsumer<byte[], byte[]> reading, Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> first =
                reading.beginningOffsets(partitions, GroupReader.BROKER_WAIT);
        for (TopicPartition partition : partitions) {
            long kept = first.getOrDefault(partition, 0L);
            Optional<Long> next = store.next(partition.partition());
            if (next.isPresent() && kept > next.get()) {
                lost(partition, kept - next.get());
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

    @Override
    public int apply(ConsumerRecords<byte[], byte[]> records) {
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
        return records.count();
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
    @Override
    public void stepped(KafkaConsumer<byte[], byte[]> reading) {
        long now = System.nanoTime();
        if (now - beatNanos < BEAT.toNanos() || reading.assignment().isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> ends =
                reading.endOffsets(reading.assignment(), GroupReader.BROKER_WAIT);
        List<EventStore.Progress> progress = new ArrayList<>();
        ends.forEach((partition, end) ->
                progress.add(
                        new EventStore.Progress(
                                partition.partition(),
                                reading.position(partition, GroupReader.BROKER_WAIT),
                                end,
                                newest.getOrDefault(partition.partition(), 0L))));
        store.beat(progress);
        beatNanos = now;
    }

    void wakeUp() {
        reader.wakeUp();
    }

    /** By the thread of the steps, or after it. */
    void close() {
        reader.close();
        deadTopic.close();
    }
}
