package io.millrace.job.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.JobState;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Tally;
import io.millrace.job.testing.JobCluster;
import io.millrace.job.testing.ScriptedWorker;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Processes that end between any two steps, come twice, or find others gone. */
class JobEngineFaultsIT {

    private JobCluster cluster;

    @BeforeEach
    void start() throws IOException {
        cluster = new JobCluster();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private Tally files(int count) {
        for (int i = 0; i < count; i++) {
            cluster.namespace.add("/data/f%03d".formatted(i), 1000);
        }
        return new Tally(count, count * 1000L);
    }

    @Test
    void aProcessMayEndAfterEveryStep() throws IOException {
        Tally all = files(60);
        cluster.worker("w-1");
        cluster.worker("w-2");
        Job job;
        try (JobEngine first = cluster.engine()) {
            job = cluster.submit(first, JobKind.LOAD, "/data");
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        boolean ended = false;
        while (!ended && System.nanoTime() < deadline) {
            try (JobEngine planner = cluster.engine()) {
                planner.planStep();
            }
            try (JobEngine dispatcher = cluster.engine()) {
                dispatcher.dispatchStep();
            }
            cluster.stepWorkers();
            try (JobEngine results = cluster.engine()) {
                long inTime = System.nanoTime() + Duration.ofSeconds(2).toNanos();
                while (results.resultStep(Duration.ofMillis(50)) == 0
                        && System.nanoTime() < inTime) {
                    cluster.stepWorkers();
                }
                ended = results.job(job.id()).ended();
            }
        }
        try (JobEngine last = cluster.engine()) {
            Job done = last.job(job.id());
            assertInstanceOf(JobState.Succeeded.class, done.state());
            assertEquals(all, done.counts().done());
        }
    }

    @Test
    void aResultThatComesTwiceIsCountedOnce() throws IOException {
        Tally all = files(30);
        JobEngine engine = cluster.engine();
        ScriptedWorker worker = cluster.worker("w-1");
        worker.setSilent(true);
        Job job = cluster.submit(engine, JobKind.LOAD, "/data");
        cluster.stepUntil(engine, () -> worker.received().size() == 4);
        for (Batch batch : worker.received()) {
            BatchResult result =
                    worker.run(batch, Messages.fromMessage(cluster.namespace.ring()).placement());
            worker.send(result);
            worker.send(result.toBuilder().setAttempt(2).build());
            worker.send(result);
        }
        worker.setSilent(false);

        Job done = cluster.finish(engine, job.id());

        assertInstanceOf(JobState.Succeeded.class, done.state());
        assertEquals(all, done.counts().done());
    }

    @Test
    void aPlannerWhoseLeaseWasTakenWritesNothing() throws IOException {
        Tally all = files(8);
        cluster.worker("w-1");
        EngineSettings hasty =
                cluster.settings(cluster.bootstrapServers(), Duration.ofMinutes(10), Duration.ZERO);
        JobEngine slow = cluster.engine(hasty);
        JobEngine fast = cluster.engine(hasty);
        Job job = cluster.submit(slow, JobKind.LOAD, "/data");
        cluster.namespace.beforeNextWalk(fast::planStep);

        slow.planStep();

        Job planned = slow.job(job.id());
        assertEquals(all, planned.counts().planned());
        assertEquals(1, planned.openBatches());
    }

    @Test
    void twoReplicasShareOneJob() throws Exception {
        Tally all = files(120);
        cluster.worker("w-1");
        cluster.worker("w-2");
        JobEngine one = cluster.engine();
        JobEngine two = cluster.engine();
        Job job = cluster.submit(one, JobKind.LOAD, "/data");
        AtomicBoolean over = new AtomicBoolean();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread other =
                Thread.ofPlatform()
                        .uncaughtExceptionHandler((_, e) -> failure.set(e))
                        .start(() -> {
                            while (!over.get()) {
                                two.planStep();
                                two.dispatchStep();
                                two.resultStep(Duration.ofMillis(10));
                                two.sweepStep();
                            }
                        });
        try {
            Job done = cluster.finish(one, job.id());

            assertInstanceOf(JobState.Succeeded.class, done.state());
            assertEquals(all, done.counts().planned());
            assertEquals(all, done.counts().done());
        } finally {
            over.set(true);
            other.join();
        }
        assertNull(failure.get());
    }

    @Test
    void ofManyWhoSubmitAtOnceOneWins() {
        files(3);
        JobEngine one = cluster.engine();
        JobEngine two = cluster.engine();
        AtomicInteger won = new AtomicInteger();
        Runnable race =
                () -> {
                    for (JobEngine engine : new JobEngine[] {one, two}) {
                        try {
                            cluster.submit(engine, JobKind.LOAD, "/data");
                            won.incrementAndGet();
                        } catch (MillraceException e) {
                            assertEquals(ErrorCode.ALREADY_EXISTS, e.code());
                        }
                    }
                };

        CompletableFuture.allOf(
                        CompletableFuture.runAsync(race),
                        CompletableFuture.runAsync(race),
                        CompletableFuture.runAsync(race))
                .join();

        assertEquals(1, won.get());
        assertEquals(1, one.jobs(Optional.empty(), 10).items().size());
    }

    @Test
    void aJobWaitsForANamespaceThatIsAwayAndGoesOn() throws IOException {
        Tally all = files(25);
        cluster.worker("w-1");
        JobEngine engine = cluster.engine();
        Job job = cluster.submit(engine, JobKind.LOAD, "/data");
        cluster.namespace.setAway(true);

        engine.planStep();

        assertEquals("the namespace is away", engine.job(job.id()).message());
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> cluster.submit(engine, JobKind.FREE, "/data"));
        assertEquals(ErrorCode.UNAVAILABLE, refused.code());
        assertEquals(1, engine.jobs(Optional.empty(), 10).items().size());
        cluster.namespace.setAway(false);
        Job done = cluster.finish(engine, job.id());
        assertEquals(all, done.counts().done());
        assertEquals("", done.message());
    }

    @Test
    void aJobWaitsForAKafkaThatIsAwayAndGoesOn() throws IOException {
        Tally all = files(10);
        cluster.worker("w-1");
        JobEngine cut = cluster.engine(cluster.settings("127.0.0.1:1", Duration.ofMinutes(10)));
        Job job = cluster.submit(cut, JobKind.LOAD, "/data");
        cut.planStep();

        assertEquals(0, cut.dispatchStep());

        String message = cut.job(job.id()).message();
        assertTrue(message.contains("kafka.bootstrap.servers"), message);
        JobEngine whole = cluster.engine();
        Job done = cluster.finish(whole, job.id());
        assertInstanceOf(JobState.Succeeded.class, done.state());
        assertEquals(all, done.counts().done());
    }

    @Test
    void aPathThatVanishesEndsItsJobWithAReason() throws IOException {
        cluster.namespace.add("/data/only", 10);
        cluster.worker("w-1");
        JobEngine engine = cluster.engine();
        Job job = cluster.submit(engine, JobKind.LOAD, "/data");
        cluster.namespace.remove("/data/only");

        Job done = cluster.finish(engine, job.id());

        assertInstanceOf(JobState.Failed.class, done.state());
        assertEquals("planning failed: there is nothing at path '/data'", done.message());
    }

    @Test
    void anUnreachableWorkerCountsAsEmptyInAPlan() throws IOException {
        Tally all = files(10);
        JobEngine engine = cluster.engine();
        cluster.namespace.join("w-1", 1, 1 << 20);

        var estimate =
                engine.plan(Order.of(JobKind.LOAD, io.millrace.model.NamespacePath.parse("/data")))
                        .estimate();

        assertEquals(all, estimate.total());
        assertEquals(Tally.NONE, estimate.resident());
        assertEquals(10, estimate.requests().get());
        assertTrue(estimate.fits());
    }

    @Test
    void historyIsKeptAndPrunedByNumber() throws IOException {
        files(2);
        cluster.worker("w-1");
        JobEngine engine = cluster.engine();
        Job old = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());
        Job young = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());
        EngineSettings usual = cluster.settings(cluster.bootstrapServers(), Duration.ofMinutes(10));
        JobEngine forgetful =
                cluster.engine(
                        new EngineSettings(
                                usual.metadataService(),
                                usual.callTimeout(),
                                usual.kafka(),
                                usual.resultsGroup(),
                                usual.plan(),
                                usual.dispatch(),
                                usual.results(),
                                usual.estimate(),
                                usual.pins(),
                                usual.schedules(),
                                1,
                                usual.idle(),
                                1,
                                Duration.ofDays(1),
                                1));

        assertEquals(1, forgetful.pruneStep());

        assertEquals(young.id(), forgetful.jobs(Optional.empty(), 10).items().getFirst().id());
        assertEquals(
                ErrorCode.NOT_FOUND,
                assertThrows(MillraceException.class, () -> forgetful.job(old.id())).code());
    }
}
