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
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Reads what workers say lies on them. Offsets are committed after the database; a message that
 * cannot be read is told and passed by. Replicas share the partitions.
 */
@Singleton
class ResidencyTopic implements GroupReader.Member {

    private static final Logger LOG = Logger.getLogger(ResidencyTopic.class);

    private final GroupReader reader;
    private final ResidencyView view;

    /** Connects to nobody yet. */
    ResidencyTopic(
            @ConfigProperty(name = "kafka.bootstrap.servers", defaultValue = "localhost:9092")
                    String bootstrapServers,
            MetadataSettings settings,
            ResidencyView view) {
        this.reader =
                new GroupReader(
                        bootstrapServers,
                        settings.slots(),
                        Topics.BLOCK_RESIDENCY,
                        "millrace-metadata-residency",
                        Topics.METADATA_GROUP,
                        Map.of(),
                        this);
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
        return reader.step(wait);
    }

    @Override
    public int apply(ConsumerRecords<byte[], byte[]> records) {
        int applied = 0;
        for (ConsumerRecord<byte[], byte[]> message : records) {
            applied += apply(message);
        }
        return applied;
    }

    private int apply(ConsumerRecord<byte[], byte[]> message) {
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

    void wakeUp() {
        reader.wakeUp();
    }

    /** By the thread of the steps, or after it. */
    void close() {
        reader.close();
    }
}
