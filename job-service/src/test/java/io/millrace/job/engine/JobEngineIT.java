package io.millrace.job.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.JobState;
import io.millrace.job.ledger.Lost;
import io.millrace.job.ledger.Tally;
import io.millrace.job.testing.JobCluster;
import io.millrace.job.testing.ScriptedWorker;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JobEngineIT {

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

    /** 40 small files and one of three and a half blocks. */
    private Tally files() {
        for (int i = 0; i < 40; i++) {
            cluster.namespace.add("/data/f%02d".formatted(i), 1000 + i);
        }
        cluster.namespace.add("/data/shard", 3_500_000);
        return new Tally(41, 40 * 1000 + 780 + 3_500_000);
    }

    @Test
    void aLoadAccountsForEveryFileAndByte() throws IOException {
        Tally all = files();
        cluster.worker("w-1");
        cluster.worker("w-2");

        Job job = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());

        assertInstanceOf(JobState.Succeeded.class, job.state());
        assertEquals(all, job.counts().planned());
        assertEquals(all, job.counts().done());
        assertTrue(job.planningFinished());
        assertEquals(0, job.openBatches());
        assertEquals(2, job.workers().size());
        assertEquals(all.bytes(), job.workers().stream().mapToLong(w -> w.done().bytes()).sum());
    }

    @Test
    void aSecondLoadSkipsWhatIsResident() throws IOException {
        Tally all = files();
        cluster.worker("w-1");
        cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());

        Job again = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());

        assertInstanceOf(JobState.Succeeded.class, again.state());
        assertEquals(all, again.counts().skipped());
        assertEquals(Tally.NONE, again.counts().done());
    }

    @Test
    void aFreeCountsEachFileOnceOverAllWorkers() throws IOException {
        Tally all = files();
        cluster.worker("w-1");
        cluster.worker("w-2");
        cluster.worker("w-3");
        cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());

        Job free = cluster.finish(engine, cluster.submit(engine, JobKind.FREE, "/data").id());

        assertInstanceOf(JobState.Succeeded.class, free.state());
        assertEquals(all, free.counts().planned());
        assertEquals(all, free.counts().done());
    }

    @Test
    void aMissingPathIsRefusedAndNothingIsStored() {
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> cluster.submit(engine, JobKind.LOAD, "/nowhere"));

        assertEquals(ErrorCode.NOT_FOUND, refused.code());
        assertTrue(engine.jobs(Optional.empty(), 10).items().isEmpty());
    }

    @Test
    void anEmptyDirectorySucceedsAndSaysThatItIsEmpty() throws IOException {
        cluster.worker("w-1");

        Job job = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/empty").id());

        assertInstanceOf(JobState.Succeeded.class, job.state());
        assertEquals("there was nothing to load: the path holds no files", job.message());
    }

    @Test
    void aSecondJobOnAPathIsRefusedAndNamesTheFirst() {
        files();
        Job first = cluster.submit(engine, JobKind.LOAD, "/data");

        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> cluster.submit(engine, JobKind.LOAD, "/data"));

        assertEquals(ErrorCode.ALREADY_EXISTS, refused.code());
        assertTrue(refused.getMessage().contains(first.id().value()), refused.getMessage());
        assertFalse(cluster.submit(engine, JobKind.FREE, "/data").ended());
    }

    @Test
    void failedFilesMakeAJobPartialAndAreListed() throws IOException {
        Tally all = files();
        cluster.worker("w-1").fail("/data/f07");

        Job job = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());

        assertInstanceOf(JobState.Partial.class, job.state());
        assertEquals(new Lost(new Tally(1, 1007), Tally.NONE, Tally.NONE), job.counts().lost());
        assertEquals(all.minus(new Tally(1, 1007)), job.counts().done());
        assertEquals(
                List.of(
                        new Failure(
                                "/data/f07",
                                1007,
                                ErrorCode.PERMISSION_DENIED,
                                "scripted: /data/f07")),
                engine.failures(job.id(), "", 10).items());
    }

    @Test
    void aFileThatFailsInOneOfSeveralPlacesIsNotCountedAsDone() throws IOException {
        Tally all = files();
        cluster.worker("w-1");
        cluster.worker("w-2");
        cluster.worker("w-3").fail("/data/shard");

        Job job = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());

        assertInstanceOf(JobState.Partial.class, job.state());
        assertEquals(1, job.counts().lost().failed().files());
        assertEquals(all.files() - 1, job.counts().done().files());
        assertEquals(Tally.NONE, job.counts().open());
        assertEquals(1, engine.failures(job.id(), "", 10).items().size());
    }

    @Test
    void aJobOfWhichNothingSucceedsHasFailed() throws IOException {
        cluster.namespace.add("/data/only", 10);
        cluster.worker("w-1").fail("/data/only");

        Job job = cluster.finish(engine, cluster.submit(engine, JobKind.LOAD, "/data").id());

        assertInstanceOf(JobState.Failed.class, job.state());
        assertEquals(
                "1 of 1 files (10 B) could not be loaded: scripted: /data/only", job.message());
    }

    @Test
    void withoutWorkersAJobWaitsSaysSoAndGivesUpAtTheBound() {
        files();
        Job job = cluster.submit(engine, JobKind.LOAD, "/data");

        engine.planStep();

        assertEquals("no worker is live: the job waits for one", engine.job(job.id()).message());
        Job ended = cluster.finish(engine, job.id());
        assertInstanceOf(JobState.Failed.class, ended.state());
        assertTrue(ended.message().contains("millrace.jobs.stall-timeout"), ended.message());
    }

    @Test
    void movedItemsGoToTheirNewOwner() throws IOException {
        Tally all = files();
        ScriptedWorker first = cluster.worker("w-1");
        ScriptedWorker second = cluster.worker("w-2");
        cluster.namespace.leave("w-2");
        Job job = cluster.submit(engine, JobKind.LOAD, "/data");
        engine.planStep();
        engine.dispatchStep();
        cluster.namespace.join("w-2", second.controlPort(), 1L << 30);

        Job done = cluster.finish(engine, job.id());

        assertInstanceOf(JobState.Succeeded.class, done.state());
        assertEquals(all, done.counts().done());
        assertFalse(first.received().isEmpty());
        assertFalse(second.received().isEmpty());
    }

    @Test
    void aBatchWithoutAResultIsSentAgainAndThenGivenUp() throws IOException {
        cluster.namespace.add("/data/only", 10);
        ScriptedWorker worker = cluster.worker("w-1");
        worker.setSilent(true);
        JobEngine impatient =
                cluster.engine(
                        cluster.settings(cluster.bootstrapServers(), Duration.ofMillis(100)));

        Job job = cluster.finish(impatient, cluster.submit(impatient, JobKind.LOAD, "/data").id());

        assertInstanceOf(JobState.Failed.class, job.state());
        assertTrue(job.message().contains("millrace.jobs.batch-timeout"), job.message());
        assertEquals(
                List.of(1, 2, 3),
                worker.received().stream().map(batch -> batch.getAttempt()).toList());
    }

    @Test
    void aCancelledJobStartsNothingAnyMoreAndCountsWhatWasUnderWay() throws IOException {
        files();
        ScriptedWorker worker = cluster.worker("w-1");
        Job job = cluster.submit(engine, JobKind.LOAD, "/data");
        engine.planStep();
        engine.dispatchStep();
        while (worker.received().isEmpty()) {
            cluster.stepWorkers();
        }

        Job cancelled = engine.cancel(job.id(), OptionalLong.empty());

        assertInstanceOf(JobState.Cancelled.class, cancelled.state());
        cluster.stepUntil(engine, () -> engine.job(job.id()).openBatches() == 0);
        Job after = engine.job(job.id());
        assertInstanceOf(JobState.Cancelled.class, after.state());
        assertTrue(after.counts().done().files() > 0);
        assertTrue(worker.received().size() <= 4, "more was sent than before");
        assertFalse(cluster.submit(engine, JobKind.LOAD, "/data").ended());
    }
}
