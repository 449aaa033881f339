package io.millrace.metadata.boot;

import io.millrace.contracts.v1.WatchEvent;
import io.millrace.metadata.changes.Change;
import io.millrace.metadata.endpoint.ProtoMapper;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.Record;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;

/** Sends changes of names to Kafka, and waits until the broker has them. */
@Singleton
class ChangesTopic {

    private static final Duration BROKER_WAIT = Duration.ofSeconds(5);
    private static final Duration SEND_WAIT = Duration.ofSeconds(15);

    // The publisher sends a bounded batch and waits for it, so nothing grows behind it.
    @Channel("namespace-changes")
    @OnOverflow(OnOverflow.Strategy.UNBOUNDED_BUFFER)
    @SuppressWarnings("NullAway.Init")
    MutinyEmitter<Record<String, byte[]>> emitter;

    private final String bootstrapServers;
    private final int slots;
    private boolean ready;

    ChangesTopic(
            @ConfigProperty(name = "kafka.bootstrap.servers", defaultValue = "localhost:9092")
                    String bootstrapServers,
            MetadataSettings settings) {
        this.bootstrapServers = bootstrapServers;
        this.slots = settings.slots();
    }

    /** Called by one thread at a time. */
    void send(List<Change.Logged> changes) {
        if (!ready) {
            Topics.ensure(bootstrapServers, slots, BROKER_WAIT, Topics.NAMESPACE_CHANGES);
            ready = true;
        }
        List<Uni<Void>> sent = new ArrayList<>();
        for (Change.Logged logged : changes) {
            if (logged.change() instanceof Change.Name name) {
                WatchEvent event = ProtoMapper.invalidation(logged.sequence(), name);
                sent.add(
                        emitter.send(
                                Record.of(
                                        Long.toString(name.parentId()),
                                        Topics.NAMESPACE_CHANGES.encode(event))));
            }
        }
        if (sent.isEmpty()) {
            return;
        }
        try {
            Uni.join().all(sent).andFailFast().await().atMost(SEND_WAIT);
        } catch (RuntimeException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "Kafka does not take namespace changes", e);
        }
    }
}
