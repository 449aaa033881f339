package io.millrace.metadata.boot;

import io.millrace.contracts.v1.DirectoryResidency;
import io.millrace.contracts.v1.ResidencySummary;
import io.millrace.metadata.residency.ResidencyView;
import io.millrace.metadata.residency.Summary;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import io.millrace.topics.Topics;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads what workers say lies on them. Offsets are committed after the database; a message that
 * cannot be read is told and passed by. Replicas share the partitions.
 */
@Singleton
class ResidencyTopic {

    private static final Logger LOG = Logger.getLogger(ResidencyTopic.class);
    private static final Duration BROKER_WAIT = Duration.ofSeconds(5);
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final String bootstrapServers;
    private final int slots;
    private final ResidencyView view;
    private volatile @Nullable KafkaConsumer<String, byte[]> consumer;

    /** Connects to nobody yet. */
    ResidencyTopic(
            @ConfigProperty(name = "kafka.bootstrap.servers", defaultValue = "localhost:9092")
                    String bootstrapServers,
            MetadataSettings settings,
            ResidencyView view) {
        this.bootstrapServers = bootstrapServers;
        this.slots = settings.slots();
        this.view = view;
    }

    /**
     * Applies what has come, waiting at most {@code wait} for it. Called by one thread. Answers how
     * many summaries were taken over.
     *
     * @throws MillraceException UNAVAILABLE when Kafka or Postgres is away: what was read is read
     *     again
     */
    int step(Duration wait) {
        KafkaConsumer<String, byte[]> reading = open();
        int applied = 0;
        try {
            ConsumerRecords<String, byte[]> records = reading.poll(wait);
            for (ConsumerRecord<String, byte[]> message : records) {
                applied += apply(message);
            }
            if (!records.isEmpty()) {
                reading.commitSync();
            }
            return applied;
        } catch (WakeupException e) {
            return applied;
        } catch (RuntimeException e) {
            // Begun anew at what is committed.
            close();
            throw e;
        }
    }

    private KafkaConsumer<String, byte[]> open() {
        KafkaConsumer<String, byte[]> opened = consumer;
        if (opened == null) {
            Topics.ensure(bootstrapServers, slots, BROKER_WAIT, Topics.BLOCK_RESIDENCY);
            opened =
                    new KafkaConsumer<>(
                            Map.of(
                                    "bootstrap.servers",
                                    bootstrapServers,
                                    "client.id",
                                    "millrace-metadata-residency",
                                    "group.id",
                                    Topics.METADATA_GROUP,
                                    "enable.auto.commit",
                                    "false",
                                    "auto.offset.reset",
                                    "earliest",
                                    "allow.auto.create.topics",
                                    "false",
                                    "reconnect.backoff.max.ms",
                                    "1000"),
                            new StringDeserializer(),
                            new ByteArrayDeserializer());
            opened.subscribe(List.of(Topics.BLOCK_RESIDENCY.name()));
            consumer = opened;
        }
        return opened;
    }

    private int apply(ConsumerRecord<String, byte[]> message) {
        Summary summary;
        try {
            summary = summary(Topics.BLOCK_RESIDENCY.decode(message.value()));
        } catch (MillraceException | IllegalArgumentException e) {
            LOG.warnf(
                    "event=residency-unreadable partition=%d offset=%d reason=\"%s\"",
                    message.partition(), message.offset(), e.getMessage());
            return 0;
        }
        return view.apply(summary) ? 1 : 0;
    }

    static Summary summary(ResidencySummary message) {
        return new Summary(
                new WorkerId(message.getWorkerId()),
                message.getMadeMillis(),
                message.getDirectoriesList().stream().map(ResidencyTopic::inDirectory).toList(),
                new Summary.Amount(message.getUnknownFiles(), message.getUnknownBytes()));
    }

    private static Summary.InDirectory inDirectory(DirectoryResidency message) {
        return new Summary.InDirectory(
                message.getMountId(),
                message.getDirectory(),
                new Summary.Amount(message.getFiles(), message.getResidentBytes()),
                message.getHeat(),
                message.getFolded());
    }

    /** Ends a step that waits, from any thread. */
    void wakeUp() {
        KafkaConsumer<String, byte[]> open = consumer;
        if (open != null) {
            open.wakeup();
        }
    }

    /** Leaves the group; the next step joins it again. By the thread of the steps, or after it. */
    void close() {
        KafkaConsumer<String, byte[]> open = consumer;
        consumer = null;
        if (open != null) {
            open.close(CloseOptions.timeout(CLOSE));
        }
    }
}
