package io.millrace.job.dispatch;

import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.JobControl;
import io.millrace.job.cluster.Cluster;
import io.millrace.job.ledger.ControlsStore;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.model.MillraceException;
import io.millrace.topics.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Brings batches from the outbox to Kafka, at least once. A batch that was sent and not noted (the
 * process died between) is sent again: workers and results are made for that.
 *
 * <p>A step is called by one thread; several replicas may send at once.
 */
public final class Dispatcher implements AutoCloseable {

    private static final int BATCHES_PER_STEP = 64;

    /** A claim outlives the send it is for. */
    private static final int CLAIM_FACTOR = 2;

    private final OutboxStore outbox;
    private final Ledger ledger;
    private final Cluster cluster;
    private final BatchProducer producer;
    private final ControlsStore controls;
    private final InstantSource clock;
    private final DispatchSettings settings;
    private final String bootstrapServers;
    private volatile boolean topicsChecked;

    /**
     * @param kafka properties of the clients, {@code bootstrap.servers} among them
     */
    public Dispatcher(
            Database database,
            Ledger ledger,
            Cluster cluster,
            Map<String, Object> kafka,
            DispatchSettings settings,
            InstantSource clock) {
        this.outbox = new OutboxStore(database);
        this.ledger = ledger;
        this.cluster = cluster;
        this.producer = new BatchProducer(kafka, settings.sendTimeout());
        this.controls = new ControlsStore(database);
        this.clock = clock;
        this.settings = settings;
        this.bootstrapServers = String.valueOf(kafka.get("bootstrap.servers"));
    }

    /**
     * Sends what is due. What cannot be sent stays, and its job says why.
     *
     * @return how many batches were sent
     */
    public int step() {
        List<OpenBatch> claimed =
                outbox.claim(
                        BATCHES_PER_STEP,
                        settings.batchesPerWorker(),
                        settings.sendTimeout().multipliedBy(CLAIM_FACTOR));
        if (claimed.isEmpty()) {
            return 0;
        }
        try {
            checkTopics();
        } catch (MillraceException e) {
            claimed.forEach(batch -> outbox.failed(batch, settings.retryPause()));
            claimed.stream()
                    .map(OpenBatch::job)
                    .distinct()
                    .forEach(job -> ledger.notice(job, e.getMessage()));
            return 0;
        }
        return send(claimed);
    }

    private List<Batch> messages(List<OpenBatch> batches) {
        Set<JobId> jobs = batches.stream().map(OpenBatch::job).collect(Collectors.toSet());
        Map<String, JobControl> byJob =
                controls.of(jobs, ControlSender.workers(cluster)).stream()
                        .collect(Collectors.toMap(JobControl::getJobId, control -> control));
        long expires = clock.millis() + settings.batchTimeout().toMillis();
        return batches.stream()
                .map(batch -> {
                    Batch.Builder message =
                            batch.message().toBuilder()
                                    .setAttempt(batch.attempt())
                                    .setExpiresMillis(expires);
                    JobControl control = byJob.get(batch.job().value());
                    if (control != null) {
                        message.setControl(control);
                    }
                    return message.build();
                })
                .toList();
    }

    private int send(List<OpenBatch> batches) {
        List<Optional<MillraceException>> outcomes = producer.send(messages(batches));
        Map<JobId, String> notices = new HashMap<>();
        int sent = 0;
        for (int i = 0; i < batches.size(); i++) {
            OpenBatch batch = batches.get(i);
            Optional<MillraceException> failure = outcomes.get(i);
            if (failure.isEmpty()) {
                outbox.sent(batch);
                notices.putIfAbsent(batch.job(), "");
                sent++;
            } else {
                outbox.failed(batch, settings.retryPause());
                notices.put(batch.job(), failure.get().getMessage());
            }
        }
        notices.forEach(ledger::notice);
        return sent;
    }

    /**
     * Creates and checks the topics, once per process.
     *
     * @throws MillraceException when that is not possible now, or when {@code block.batches} does
     *     not fit the ring
     */
    public void checkTopics() {
        if (!topicsChecked) {
            Duration wait = settings.sendTimeout();
            Topics.ensure(
                    bootstrapServers,
                    cluster.topology().slots(),
                    wait,
                    Topics.BLOCK_BATCHES,
                    Topics.BLOCK_RESULTS);
            topicsChecked = true;
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
