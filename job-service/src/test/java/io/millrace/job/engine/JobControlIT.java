package io.millrace.job.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.Batch;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.JobState;
import io.millrace.job.ledger.Ledger.Submitted;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Tally;
import io.millrace.job.selection.Selection;
import io.millrace.job.testing.JobCluster;
import io.millrace.job.testing.ScriptedWorker;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JobControlIT {

    private static final OptionalLong ANY = OptionalLong.empty();

    private JobCluster cluster;
    private JobEngine engine;

    @BeforeEach
    void start() throws IOException {
        cluster = new JobCluster();
        engine = cluster.engine();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private Tally files(String directory, int count) {
        for (int i = 0; i < count; i++) {
            cluster.namespace.add(directory + "/f%02d".formatted(i), 1000);
        }
        return new Tally(count, count * 1000L);
    }

    private JobId submit(String path) {
        return cluster.submit(engine, JobKind.LOAD, path).id();
    }

    @Test
    void aPausedJobDoesNothingAndGoesOnWhereItWas() throws IOException {
        Tally all = files("/data", 60);
        ScriptedWorker worker = cluster.worker("w-1");
        JobId id = submit("/data");
        cluster.stepUntil(engine, () -> engine.job(id).counts().done().files() > 0);

        Job paused = engine.pause(id, ANY);
        engine.controlStep();
        Tally before = paused.counts().done();
        int sent = worker.received().size();
        for (int i = 0; i < 5; i++) {
            engine.planStep();
            assertEquals(0, engine.dispatchStep());
        }

        assertInstanceOf(JobState.Paused.class, engine.job(id).state());
        assertEquals(before, engine.job(id).counts().done());
        assertEquals(sent, worker.received().size());
        engine.resume(id, ANY);
        Job ended = cluster.finish(engine, id);
        assertInstanceOf(JobState.Succeeded.class, ended.state());
        assertEquals(all, ended.counts().done());
    }

    @Test
    void whatAWorkerGivesBackOfAPausedJobIsSentAgainToItAndCountedOnce() throws IOException {
        Tally all = files("/data", 20);
        ScriptedWorker worker = cluster.worker("w-1");
        JobId id = submit("/data");
        assertTrue(engine.planStep());
        assertTrue(engine.dispatchStep() > 0);
        engine.pause(id, ANY);
        assertEquals(1, engine.controlStep());
        for (int i = 0; i < 20; i++) {
            cluster.stepWorkers();
            engine.resultStep(java.time.Duration.ofMillis(20));
        }
        assertTrue(worker.control(id.value()).getHalted());
        assertEquals(Tally.NONE, engine.job(id).counts().done());

        engine.resume(id, ANY);
        Job ended = cluster.finish(engine, id);

        assertInstanceOf(JobState.Succeeded.class, ended.state());
        assertEquals(all, ended.counts().done());
    }

    @Test
    void aFreeThatWasPausedFreesAllOnEveryWorker() throws IOException {
        Tally all = files("/data", 20);
        cluster.worker("w-1");
        cluster.worker("w-2");
        cluster.finish(engine, submit("/data"));
        JobId id = cluster.submit(engine, JobKind.FREE, "/data").id();
        engine.planStep();
        engine.dispatchStep();
        engine.pause(id, ANY);
        engine.controlStep();
        for (int i = 0; i < 20; i++) {
            cluster.stepWorkers();
            engine.resultStep(java.time.Duration.ofMillis(20));
        }
        assertEquals(Tally.NONE, engine.job(id).counts().done());

        engine.resume(id, ANY);
        Job ended = cluster.finish(engine, id);

        assertInstanceOf(JobState.Succeeded.class, ended.state());
        assertEquals(all, ended.counts().done());
    }

    @Test
    void workersHearOfACancelAndNothingIsLeftOpenWithThem() throws IOException {
        files("/data", 60);
        ScriptedWorker worker = cluster.worker("w-1");
        JobId id = submit("/data");
        engine.planStep();
        engine.dispatchStep();
        Job cancelled = engine.cancel(id, ANY);
        engine.controlStep();
        assertTrue(worker.control(id.value()).getHalted());

        cluster.stepUntil(engine, () -> engine.job(id).openBatches() == 0);

        Job ended = engine.job(id);
        assertInstanceOf(JobState.Cancelled.class, ended.state());
        assertEquals(cancelled.counts(), ended.counts());
        assertEquals(Tally.NONE, ended.counts().done());
        assertEquals(ended.counts().planned(), ended.counts().open());
    }

    @Test
    void limitsAreTheWorkersSharesAndChangeWhileTheJobRuns() throws IOException {
        files("/data", 60);
        ScriptedWorker one = cluster.worker("w-1");
        ScriptedWorker two = cluster.worker("w-2");
        JobId id =
                engine.submit(
                                new Order(
                                        JobKind.LOAD,
                                        NamespacePath.parse("/data"),
                                        Selection.ALL,
                                        Controls.DEFAULT
                                                .withBytesPerSecond(1_000_001)
                                                .withFilesPerWorker(3),
                                        Optional.empty(),
                                        Optional.empty()))
                        .accepted()
                        .id();
        one.setSilent(true);
        two.setSilent(true);
        cluster.stepUntil(engine, () -> !one.received().isEmpty() && !two.received().isEmpty());
        Batch batch = one.received().getFirst();
        assertEquals(500_001, batch.getControl().getBytesPerSecond());
        assertEquals(3, batch.getControl().getFilesAtOnce());

        Job changed = engine.control(id, OptionalLong.of(1), from -> from.withRequestsPerSecond(5));
        engine.controlStep();

        assertEquals(2, changed.revision());
        assertEquals(2.5, two.control(id.value()).getRequestsPerSecond());
        assertEquals(500_001, two.control(id.value()).getBytesPerSecond());
    }

    @Test
    void theJobOfHigherPriorityIsSentFirst() throws IOException {
        files("/low", 8);
        files("/high", 8);
        ScriptedWorker worker = cluster.worker("w-1");
        JobId low = submit("/low");
        JobId high = submit("/high");
        engine.control(high, ANY, from -> from.withPriority(9));
        assertTrue(engine.planStep());
        assertTrue(engine.planStep());
        engine.dispatchStep();
        cluster.stepUntil(engine, () -> engine.job(low).ended() && engine.job(high).ended());

        assertEquals(high.value(), worker.received().getFirst().getJobId());
    }

    @Test
    void aDeadlineEndsTheJobWithItsReason() throws IOException {
        files("/data", 60);
        cluster.worker("w-1");
        JobId id = submit("/data");
        cluster.stepUntil(engine, () -> engine.job(id).counts().done().files() > 0);
        engine.control(id, ANY, from -> from.withDeadline(Optional.of(Instant.EPOCH)));

        engine.sweepStep();

        Job ended = engine.job(id);
        assertInstanceOf(JobState.Partial.class, ended.state());
        assertTrue(ended.message().startsWith("deadline 1970-01-01T00:00:00Z"), ended.message());
    }

    @Test
    void aRequestThatComesAgainIsTheSameJobAndAnotherOrderIsRefused() {
        files("/data", 1);
        files("/other", 1);
        Order order = order("/data", "key");
        Job first = engine.submit(order).accepted();

        assertEquals(first, assertInstanceOf(Submitted.Before.class, engine.submit(order)).job());
        assertInstanceOf(Submitted.KeyTaken.class, engine.submit(order("/other", "key")));
        engine.cancel(first.id(), ANY);
        assertEquals(
                first.id(),
                assertInstanceOf(Submitted.Before.class, engine.submit(order)).job().id());
    }

    private static Order order(String path, String key) {
        return new Order(
                JobKind.LOAD,
                NamespacePath.parse(path),
                Selection.ALL,
                Controls.DEFAULT,
                Optional.empty(),
                Optional.of(key));
    }

    @Test
    void aChangeOfAnotherRevisionIsRefused() {
        files("/data", 1);
        JobId id = submit("/data");
        engine.pause(id, OptionalLong.of(1));

        MillraceException refused =
                assertThrows(MillraceException.class, () -> engine.resume(id, OptionalLong.of(1)));

        assertEquals(ErrorCode.STALE_VERSION, refused.code());
        assertInstanceOf(JobState.Paused.class, engine.job(id).state());
    }

    @Test
    void aJobThatHasEndedIsNotPausedAndASecondOneIsRefusedWhileItIsPaused() {
        files("/data", 1);
        JobId id = submit("/data");
        engine.pause(id, ANY);
        assertThrows(MillraceException.class, () -> submit("/data"));
        engine.cancel(id, ANY);

        MillraceException refused =
                assertThrows(MillraceException.class, () -> engine.pause(id, ANY));

        assertEquals(ErrorCode.CONFLICT, refused.code());
    }
}
