package io.millrace.job.testing;

import io.agroal.api.AgroalDataSource;
import io.millrace.embedded.KafkaServer;
import io.millrace.embedded.PostgresServer;
import io.millrace.embedded.testing.TestPools;
import io.millrace.embedded.testing.TestServers;
import io.millrace.job.dispatch.DispatchSettings;
import io.millrace.job.engine.EngineSettings;
import io.millrace.job.engine.JobEngine;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.Order;
import io.millrace.job.pins.PinSettings;
import io.millrace.job.plan.CutLimits;
import io.millrace.job.plan.EstimateSettings;
import io.millrace.job.plan.PlanSettings;
import io.millrace.job.plan.PriceTable;
import io.millrace.job.result.ResultSettings;
import io.millrace.job.schedule.ScheduleSettings;
import io.millrace.job.schedule.Scheduler;
import io.millrace.model.NamespacePath;
import io.millrace.topics.Topics;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.flywaydb.core.Flyway;

/**
 * A real Postgres and a real Kafka, a namespace and workers by hand, and an engine whose steps the
 * test calls.
 */
public final class JobCluster implements AutoCloseable {

    private static final ScheduleSettings SCHEDULES =
            new ScheduleSettings(
                    5, Duration.ofMinutes(10), Duration.ofSeconds(30), Duration.ofMillis(20));

    private static final Duration LONGEST = Duration.ofSeconds(120);
    private static final int CONNECTIONS = 16;

    /** So long that no test waits for it by accident. */
    private static final Duration PIN_CHECK = Duration.ofHours(1);

    private static final AtomicInteger DATABASES = new AtomicInteger();

    public final FakeNamespace namespace = new FakeNamespace();
    public final AgroalDataSource source;
    private final String database;
    private final KafkaServer kafka;
    private final List<ScriptedWorker> workers = new ArrayList<>();
    private final List<JobEngine> engines = new ArrayList<>();

    public JobCluster() throws IOException {
        PostgresServer postgres = TestServers.postgres();
        kafka = TestServers.kafka();
        database = "jobs_" + ProcessHandle.current().pid() + "_" + DATABASES.incrementAndGet();
        postgres.createDatabase(database);
        source = TestPools.open(database, CONNECTIONS, LONGEST);
        Flyway.configure().dataSource(source).schemas("jobs").locations("db/jobs").load().migrate();
        Topics.ensure(
                kafka.bootstrapServers(),
                FakeNamespace.SLOTS,
                LONGEST,
                Topics.BLOCK_BATCHES,
                Topics.BLOCK_RESULTS);
    }

    public String bootstrapServers() {
        return kafka.bootstrapServers();
    }

    public ScriptedWorker worker(String id) throws IOException {
        ScriptedWorker worker = new ScriptedWorker(id, namespace, kafka.bootstrapServers());
        workers.add(worker);
        namespace.join(id, worker.controlPort(), 1L << 30);
        return worker;
    }

    /** A replica of the job-service; none of its steps runs by itself. */
    public JobEngine engine() {
        return engine(settings(kafka.bootstrapServers(), Duration.ofMinutes(10)));
    }

    public JobEngine engine(EngineSettings settings) {
        JobEngine engine = new JobEngine(source, settings, InstantSource.system());
        engines.add(engine);
        return engine;
    }

    /** One that goes by {@code clock}. */
    public Scheduler scheduler(JobEngine engine, InstantSource clock) {
        return scheduler(engine, clock, engine::submit);
    }

    public Scheduler scheduler(
            JobEngine engine, InstantSource clock, Function<Order, Ledger.Submitted> submit) {
        Database database = new Database(source);
        return new Scheduler(
                database,
                new Ledger(database, InstantSource.system(), new Random()),
                submit,
                id -> engine.cancel(id, OptionalLong.empty()),
                SCHEDULES,
                clock);
    }

    /** Small batches, short waits. */
    public EngineSettings settings(String bootstrapServers, Duration batchTimeout) {
        return settings(bootstrapServers, batchTimeout, Duration.ofSeconds(30));
    }

    public EngineSettings settings(
            String bootstrapServers, Duration batchTimeout, Duration plannerLease) {
        return new EngineSettings(
                namespace.address(),
                Duration.ofSeconds(5),
                Map.of("bootstrap.servers", bootstrapServers),
                "of-" + database,
                new PlanSettings(
                        new CutLimits(8, 4 << 20, 1 << 20),
                        10,
                        4,
                        plannerLease,
                        Duration.ofMillis(20),
                        Duration.ofSeconds(1)),
                new DispatchSettings(4, Duration.ofSeconds(5), Duration.ofMillis(20), batchTimeout),
                new ResultSettings(
                        batchTimeout, 3, 3, Duration.ofMillis(10), 3, Duration.ofMillis(10), 1_000),
                new EstimateSettings(
                        10,
                        Duration.ofSeconds(30),
                        2,
                        new PriceTable(
                                new BigDecimal("0.4"),
                                new BigDecimal("0.2"),
                                new BigDecimal("0.09"),
                                "EUR")),
                new PinSettings(PIN_CHECK, Duration.ofSeconds(30), Duration.ofMillis(20)),
                SCHEDULES,
                1,
                Duration.ofMillis(50),
                1_000,
                Duration.ofDays(1),
                10);
    }

    public Job submit(JobEngine engine, JobKind kind, String path) {
        return engine.submit(Order.of(kind, NamespacePath.parse(path))).accepted();
    }

    /** Calls every step of the engine and the workers in turn until {@code reached}. */
    public void stepUntil(JobEngine engine, BooleanSupplier reached) {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(
                        "not reached in "
                                + LONGEST
                                + "; jobs "
                                + engine.jobs(java.util.Optional.empty(), 10));
            }
            engine.planStep();
            engine.dispatchStep();
            engine.controlStep();
            workers.forEach(ScriptedWorker::step);
            engine.resultStep(Duration.ofMillis(20));
            engine.sweepStep();
        }
    }

    /** Lets every worker answer what has come for it. */
    public void stepWorkers() {
        workers.forEach(ScriptedWorker::step);
    }

    /** Steps until the job has ended. */
    public Job finish(JobEngine engine, JobId id) {
        stepUntil(engine, () -> engine.job(id).ended());
        return engine.job(id);
    }

    @Override
    public void close() {
        engines.forEach(JobEngine::close);
        workers.forEach(ScriptedWorker::close);
        namespace.close();
        source.close();
    }
}
