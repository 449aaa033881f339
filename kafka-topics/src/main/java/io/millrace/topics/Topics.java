package io.millrace.topics;

import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.contracts.v1.ResidencySummary;
import io.millrace.contracts.v1.WatchEvent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/** Every topic of Millrace, and what brings them into being. */
public final class Topics {

    /** Largest record in {@link #BLOCK_BATCHES} and {@link #BLOCK_RESULTS}, in bytes. */
    public static final int MAX_BATCH_MESSAGE_BYTES = 8 << 20;

    /** Largest record in {@link #UFS_CHANGES}, in bytes. */
    public static final int MAX_EVENT_MESSAGE_BYTES = 4 << 20;

    /** Consumer group of the metadata-service in {@link #UFS_CHANGES}. */
    public static final String EVENTS_GROUP = "millrace-events";

    /** Consumer group under which workers commit what they have done of {@link #BLOCK_BATCHES}. */
    public static final String WORKERS_GROUP = "millrace-workers";

    /** Consumer group of the job-service in {@link #BLOCK_RESULTS}. */
    public static final String JOBS_GROUP = "millrace-jobs";

    /** Consumer group of the metadata-service in {@link #BLOCK_RESIDENCY}. */
    public static final String METADATA_GROUP = "millrace-metadata";

    public static final Topic<Batch> BLOCK_BATCHES =
            new Topic<>(
                    "block.batches",
                    "batch id",
                    new Topic.Partitions.PerSlot(),
                    Duration.ofDays(1),
                    Topic.Cleanup.DELETE,
                    MAX_BATCH_MESSAGE_BYTES,
                    new Topic.Format.Protobuf<>(Batch.getDefaultInstance()),
                    "job-service",
                    "block-service",
                    "Work for the worker that owns the slot; the partition is the slot.");

    public static final Topic<BatchResult> BLOCK_RESULTS =
            new Topic<>(
                    "block.results",
                    "job id",
                    new Topic.Partitions.AtLeast(8),
                    Duration.ofDays(7),
                    Topic.Cleanup.DELETE,
                    MAX_BATCH_MESSAGE_BYTES,
                    new Topic.Format.Protobuf<>(BatchResult.getDefaultInstance()),
                    "block-service",
                    "job-service",
                    "What a worker did with one batch.");

    public static final Topic<WatchEvent> NAMESPACE_CHANGES =
            new Topic<>(
                    "namespace.changes",
                    "id of the directory, in decimal",
                    new Topic.Partitions.AtLeast(8),
                    Duration.ofDays(7),
                    Topic.Cleanup.DELETE,
                    1 << 20,
                    new Topic.Format.Protobuf<>(WatchEvent.getDefaultInstance()),
                    "metadata-service",
                    "whoever wants to follow the namespace",
                    "Each change of the namespace, with the sequence it has in the watch stream.");

    public static final Topic<ResidencySummary> BLOCK_RESIDENCY =
            new Topic<>(
                    "block.residency",
                    "worker id",
                    new Topic.Partitions.AtLeast(8),
                    Duration.ofHours(1),
                    Topic.Cleanup.DELETE,
                    1 << 20,
                    new Topic.Format.Protobuf<>(ResidencySummary.getDefaultInstance()),
                    "block-service",
                    "metadata-service",
                    "What lies on a worker, by directory; the newest of a worker counts.");

    public static final Topic<byte[]> UFS_CHANGES =
            new Topic<>(
                    "ufs.changes",
                    "bucket and key, or what the sender chooses",
                    new Topic.Partitions.AtLeast(8),
                    Duration.ofDays(7),
                    Topic.Cleanup.DELETE,
                    MAX_EVENT_MESSAGE_BYTES,
                    new Topic.Format.Json("S3 event notification, JSON"),
                    "the bucket, by way of a connector",
                    "metadata-service",
                    "What buckets say of changes in them, in any envelope.");

    public static final Topic<byte[]> UFS_CHANGES_DEAD =
            new Topic<>(
                    "ufs.changes.dead",
                    "as in `ufs.changes`",
                    new Topic.Partitions.AtLeast(1),
                    Duration.ofDays(14),
                    Topic.Cleanup.DELETE,
                    MAX_EVENT_MESSAGE_BYTES + (64 << 10),
                    new Topic.Format.Json("as it came"),
                    "metadata-service",
                    "whoever mends it",
                    "Messages of ufs.changes that could not be read, with the reason in a header.");

    private Topics() {}

    /** All of them, by name. */
    public static List<Topic<?>> all() {
        return List.of(
                BLOCK_BATCHES,
                BLOCK_RESIDENCY,
                BLOCK_RESULTS,
                NAMESPACE_CHANGES,
                UFS_CHANGES,
                UFS_CHANGES_DEAD);
    }

    /**
     * Creates what is missing of {@code topics}, checks what is there, and changes what can be
     * changed: retention, cleanup, message size, and too few partitions where the number is free.
     * Several processes may do so at once. When it fails, what was created stays: the next call
     * goes on from there.
     *
     * @param slots of the ring, 1 to 65,536
     * @param wait how long the broker may be away
     * @throws io.millrace.model.MillraceException CONFLICT when a topic's partitions must equal the
     *     slots and do not; UNAVAILABLE when Kafka did not answer in {@code wait};
     *     PERMISSION_DENIED when it refused
     */
    public static void ensure(Admin admin, int slots, Duration wait, Topic<?>... topics) {
        new TopicKeeper(admin, slots, wait).ensure(List.of(topics));
    }

    /** Like {@link #ensure(Admin, int, Duration, Topic...)}, with a connection of its own. */
    public static void ensure(
            String bootstrapServers, int slots, Duration wait, Topic<?>... topics) {
        Map<String, Object> properties =
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "client.id", "millrace-topics",
                        "reconnect.backoff.max.ms", "1000");
        Admin admin = Admin.create(properties);
        try {
            ensure(admin, slots, wait, topics);
        } finally {
            // Without a bound it would wait for a broker that is away, a minute long.
            admin.close(Duration.ZERO);
        }
    }

    /** The table of {@code docs/topics.md}. */
    static String markdown() {
        return """
        | topic | key | message | partitions | retention | largest message | written by | read by |
        |---|---|---|---|---|---|---|---|
        """
                + all().stream().map(Topics::row).collect(Collectors.joining());
    }

    private static String row(Topic<?> topic) {
        String partitions =
                switch (topic.partitions()) {
                    case Topic.Partitions.PerSlot _ -> "one per slot";
                    case Topic.Partitions.AtLeast(int least) -> least + " or more";
                };
        return "| `%s` | %s | `%s` | %s | %d h | %d MiB | %s | %s |%n"
                .formatted(
                        topic.name(),
                        topic.key(),
                        topic.messageName(),
                        partitions,
                        topic.retention().toHours(),
                        topic.maxMessageBytes() >> 20,
                        topic.producer(),
                        topic.consumer());
    }
}
