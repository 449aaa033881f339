package io.millrace.topics;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Brings topics to what is declared. Each round looks at what is there and does what is still
 * missing; a round that another process crossed, or that the broker did not answer, is done again
 * until the time is up.
 */
final class TopicKeeper {

    private static final Duration LONGEST_CALL = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Admin admin;
    private final int slots;
    private final Duration wait;
    private final long deadlineNanos;

    TopicKeeper(Admin admin, int slots, Duration wait) {
        this.admin = admin;
        this.slots = slots;
        this.wait = wait;
        this.deadlineNanos = System.nanoTime() + wait.toNanos();
    }

    void ensure(List<Topic<?>> topics) {
        while (!settled(topics)) {
            pause();
        }
    }

    /** One round. True: everything was found as declared. */
    private boolean settled(List<Topic<?>> topics) {
        try {
            Map<String, TopicDescription> found = describe(topics);
            List<Topic<?>> missing = new ArrayList<>();
            Map<String, NewPartitions> tooFew = new HashMap<>();
            for (Topic<?> topic : topics) {
                TopicDescription description = found.get(topic.name());
                if (description == null) {
                    missing.add(topic);
                } else {
                    checkPartitions(topic, description.partitions().size(), tooFew);
                }
            }
            boolean same = missing.isEmpty() && tooFew.isEmpty();
            if (!missing.isEmpty()) {
                create(missing);
            }
            if (!tooFew.isEmpty()) {
                await(admin.createPartitions(tooFew).all());
            }
            return alterSettings(topics, found.keySet()) && same;
        } catch (Crossed e) {
            return false;
        }
    }

    private Map<String, TopicDescription> describe(List<Topic<?>> topics) throws Crossed {
        Collection<String> existing = await(admin.listTopics().names());
        List<String> ours = topics.stream().map(Topic::name).filter(existing::contains).toList();
        return await(admin.describeTopics(ours).allTopicNames());
    }

    private void checkPartitions(
            Topic<?> topic, int partitions, Map<String, NewPartitions> tooFew) {
        switch (topic.partitions()) {
            case Topic.Partitions.PerSlot _ -> {
                if (partitions != slots) {
                    throw new MillraceException(
                            ErrorCode.CONFLICT,
                            "topic "
                                    + topic.name()
                                    + " has "
                                    + partitions
                                    + " partitions and the ring has "
                                    + slots
                                    + " slots: they must be equal, so delete the topic while no job"
                                    + " runs, or set the slots to what it has");
                }
            }
            case Topic.Partitions.AtLeast(int least) -> {
                if (partitions < least) {
                    tooFew.put(topic.name(), NewPartitions.increaseTo(least));
                }
            }
        }
    }

    private void create(List<Topic<?>> missing) throws Crossed {
        await(
                admin.createTopics(
                                missing.stream()
                                        .map(topic ->
                                                new NewTopic(
                                                                topic.name(),
                                                                Optional.of(
                                                                        topic.partitions()
                                                                                .count(slots)),
                                                                Optional.empty())
                                                        .configs(topic.settings()))
                                        .toList())
                        .all());
    }

    /** True: nothing was to be altered. */
    private boolean alterSettings(List<Topic<?>> topics, Collection<String> found) throws Crossed {
        Map<ConfigResource, Topic<?>> resources = new HashMap<>();
        for (Topic<?> topic : topics) {
            if (found.contains(topic.name())) {
                resources.put(new ConfigResource(ConfigResource.Type.TOPIC, topic.name()), topic);
            }
        }
        Map<ConfigResource, Config> current =
                await(admin.describeConfigs(resources.keySet()).all());
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        current.forEach((resource, config) -> {
            Topic<?> topic = resources.get(resource);
            List<AlterConfigOp> ops = topic == null ? List.of() : differing(topic, config);
            if (!ops.isEmpty()) {
                changes.put(resource, ops);
            }
        });
        if (!changes.isEmpty()) {
            await(admin.incrementalAlterConfigs(changes).all());
        }
        return changes.isEmpty();
    }

    private static List<AlterConfigOp> differing(Topic<?> topic, Config config) {
        List<AlterConfigOp> ops = new ArrayList<>();
        topic.settings()
                .forEach((name, value) -> {
                    @Nullable ConfigEntry entry = config.get(name);
                    if (entry == null || !value.equals(entry.value())) {
                        ops.add(
                                new AlterConfigOp(
                                        new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
                    }
                });
        return ops;
    }

    private <T> T await(KafkaFuture<T> future) throws Crossed {
        long left = deadlineNanos - System.nanoTime();
        try {
            return future.get(
                    Math.max(0, Math.min(left, LONGEST_CALL.toNanos())), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw crossedOrLate(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "interrupted while Kafka's topics were checked", e);
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause());
        }
    }

    private Crossed failed(Throwable cause) {
        return switch (cause) {
            case TopicExistsException _, InvalidPartitionsException _ -> crossedOrLate(cause);
            case UnknownTopicOrPartitionException _ -> crossedOrLate(cause);
            case RetriableException _ -> crossedOrLate(cause);
            case AuthenticationException _, AuthorizationException _ ->
                    throw new MillraceException(
                            ErrorCode.PERMISSION_DENIED,
                            "Kafka refused to create or check the topics: " + cause.getMessage(),
                            cause);
            default ->
                    throw new MillraceException(
                            ErrorCode.INTERNAL,
                            "Kafka could not create or check the topics: " + cause.getMessage(),
                            cause);
        };
    }

    private Crossed crossedOrLate(Throwable cause) {
        if (System.nanoTime() - deadlineNanos >= 0) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "Kafka did not create or check the topics within "
                            + wait.toSeconds()
                            + " s; kafka.bootstrap.servers says where it is looked for",
                    cause);
        }
        return new Crossed(cause);
    }

    private static void pause() {
        LockSupport.parkNanos(PAUSE.toNanos());
    }

    /** This round met another process, or a broker that is away: try the next. */
    private static final class Crossed extends Exception {
        private static final long serialVersionUID = 1L;

        Crossed(Throwable cause) {
            super(cause);
        }
    }
}
