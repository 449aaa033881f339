package io.millrace.job.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.JobState;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Require;
import io.millrace.job.ledger.Tally;
import io.millrace.job.selection.Selection;
import io.millrace.job.testing.FakeNamespace;
import io.millrace.job.testing.JobCluster;
import io.millrace.job.testing.ScriptedWorker;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JobKindsIT {

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

    /** 20 small files and one of three and a half blocks. */
    private Tally files() {
        for (int i = 0; i < 20; i++) {
            cluster.namespace.add("/data/f%02d".formatted(i), 1000);
        }
        cluster.namespace.add("/data/shard", 3_500_000);
        return new Tally(21, 20 * 1000 + 3_500_000);
    }

    private Job run(JobKind kind) {
        return cluster.finish(engine, cluster.submit(engine, kind, "/data").id());
    }

    @Test
    void whatIsGoneOrOtherIsCountedApartFromWhatFailed() throws IOException {
        Tally all = files();
        ScriptedWorker worker = cluster.worker("w-1");
        worker.fail("/data/f01", ErrorCode.NOT_FOUND);
        worker.fail("/data/f02", ErrorCode.STALE_VERSION);
        worker.fail("/data/f03", ErrorCode.PERMISSION_DENIED);

        Job job = run(JobKind.LOAD);

        Tally one = new Tally(1, 1000);
        assertInstanceOf(JobState.Partial.class, job.state());
        assertEquals(one, job.counts().lost().vanished());
        assertEquals(one, job.counts().lost().changed());
        assertEquals(one, job.counts().lost().failed());
        assertEquals(all.minus(new Tally(3, 3000)), job.counts().done());
        assertEquals(Tally.NONE, job.counts().open());
    }

    @Test
    void aFileThatFailsForAWhileIsTriedAgain() throws IOException {
        Tally all = files();
        ScriptedWorker worker = cluster.worker("w-1");
        worker.fail("/data/f01", ErrorCode.UNAVAILABLE);
        JobId id = cluster.submit(engine, JobKind.LOAD, "/data").id();
        cluster.stepUntil(engine, () -> engine.job(id).retries() > 0);
        worker.heal("/data/f01");

        Job job = cluster.finish(engine, id);

        assertInstanceOf(JobState.Succeeded.class, job.state());
        assertEquals(all, job.counts().done());
    }

    @Test
    void aFileThatFailsEachTimeIsGivenUpWithItsNumberOfTries() throws IOException {
        files();
        cluster.worker("w-1").fail("/data/f01", ErrorCode.UNAVAILABLE);

        Job job = run(JobKind.LOAD);

        assertEquals(2, job.retries());
        assertEquals(1, job.counts().lost().failed().files());
        List<Failure> failures = engine.failures(job.id(), "", 10).items();
        assertEquals(1, failures.size());
        assertTrue(failures.getFirst().message().endsWith("(tried 3 times)"), failures.toString());
    }

    private static Order order(JobKind kind, Selection selection) {
        return new Order(
                kind,
                NamespacePath.parse("/data"),
                selection,
                Controls.DEFAULT,
                Optional.empty(),
                Optional.empty());
    }

    private Job run(JobKind kind, Selection selection) {
        return cluster.finish(engine, engine.submit(order(kind, selection)).accepted().id());
    }

    private static Selection selection(List<String> include, List<String> exclude, long minBytes) {
        return new Selection(
                include,
                exclude,
                minBytes,
                Long.MAX_VALUE,
                Optional.of(FakeNamespace.MODIFIED),
                Optional.of(FakeNamespace.MODIFIED.plusSeconds(1)));
    }

    @Test
    void aJobIsAboutWhatIsSelectedAndItsPlanSaysTheSame() throws IOException {
        files();
        cluster.worker("w-1");
        Selection selection = selection(List.of("f0?", "shard"), List.of("regex:[05]$"), 1000);
        Tally selected = new Tally(9, 8 * 1000 + 3_500_000);
        assertEquals(selected, engine.plan(order(JobKind.LOAD, selection)).estimate().total());

        Job load = run(JobKind.LOAD, selection);
        Job listed = run(JobKind.LOAD_METADATA, selection);
        Job freed = run(JobKind.FREE, selection(List.of(), List.of(), 1001));

        assertInstanceOf(JobState.Succeeded.class, load.state());
        assertEquals(selected, load.counts().planned());
        assertEquals(selected, load.counts().done());
        assertEquals(12, load.unselectedFiles());
        assertEquals(selection, load.selection());
        assertEquals(9, listed.counts().done().files());
        assertEquals(12, listed.unselectedFiles());
        assertEquals(1, freed.counts().planned().files());
        assertEquals(20, freed.unselectedFiles());
    }

    @Test
    void aJobThatSelectsNothingSaysHowManyItLeftOut() throws IOException {
        files();
        cluster.worker("w-1");

        Job job = run(JobKind.LOAD, selection(List.of("*.jpg"), List.of(), 0));

        assertInstanceOf(JobState.Succeeded.class, job.state());
        assertEquals(Tally.NONE, job.counts().planned());
        assertEquals(
                "there was nothing to load: none of the 21 files below the path is selected",
                job.message());
    }

    @Test
    void whatIsAboutAPathAsAWholeTakesNoSelection() {
        for (JobKind kind : List.of(JobKind.PIN, JobKind.UNPIN)) {
            MillraceException refused =
                    assertThrows(
                            MillraceException.class,
                            () -> run(kind, selection(List.of("*"), List.of(), 0)));
            assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        }
    }

    @Test
    void enoughIsEnoughWhenLessIsRequired() throws IOException {
        files();
        cluster.worker("w-1").fail("/data/f01");
        Job job =
                cluster.finish(
                        engine,
                        engine.submit(
                                        new Order(
                                                JobKind.LOAD,
                                                NamespacePath.parse("/data"),
                                                Selection.ALL,
                                                Controls.DEFAULT.withRequire(Require.parse("95%")),
                                                Optional.empty(),
                                                Optional.empty()))
                                .accepted()
                                .id());

        assertInstanceOf(JobState.Succeeded.class, job.state());
        assertEquals(1, job.counts().lost().failed().files());
        assertTrue(job.message().contains("95% are required"), job.message());
    }

    @Test
    void justTheFailedFilesAreDoneAgain() throws IOException {
        files();
        ScriptedWorker worker = cluster.worker("w-1");
        worker.fail("/data/f01");
        worker.fail("/data/f02");
        worker.fail("/data/shard");
        Job failed = run(JobKind.LOAD);
        worker.heal("/data/f01");
        worker.heal("/data/shard");
        cluster.namespace.remove("/data/f02");

        Job again =
                cluster.finish(
                        engine, engine.retryFailed(failed.id(), Optional.empty()).accepted().id());

        assertEquals(Optional.of(failed.id()), again.retryOf());
        assertEquals(new Tally(3, 3_501_000), again.counts().planned());
        assertEquals(new Tally(2, 3_501_000), again.counts().done());
        assertEquals(1, again.counts().lost().vanished().files());
        assertInstanceOf(JobState.Partial.class, again.state());
        assertEquals(
                ErrorCode.NOT_FOUND, engine.failures(again.id(), "", 10).items().getFirst().code());
    }

    @Test
    void aJobThatLostNothingHasNothingToDoAgain() throws IOException {
        files();
        cluster.worker("w-1");
        Job job = run(JobKind.LOAD);

        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> engine.retryFailed(job.id(), Optional.empty()));

        assertEquals(ErrorCode.CONFLICT, refused.code());
    }

    @Test
    void verifyCountsWhatIsCachedOnceOverAllWorkers() throws IOException {
        Tally all = files();
        cluster.worker("w-1");
        cluster.worker("w-2").fail("/data/f03", ErrorCode.CORRUPT);
        cluster.worker("w-3");

        Job cold = run(JobKind.VERIFY);
        assertEquals(all.files() - 1, cold.counts().skipped().files());
        assertEquals(1, cold.counts().lost().failed().files());
        run(JobKind.LOAD);
        Job warm = run(JobKind.VERIFY);

        assertEquals(all, warm.counts().planned());
        assertEquals(Tally.NONE, warm.counts().open());
        assertEquals(all.files() - 1, warm.counts().done().files());
        assertEquals(1, warm.counts().lost().failed().files());
        assertEquals(0, warm.retries());
    }

    @Test
    void aMetadataLoadListsAndFetchesNothing() throws IOException {
        files();
        ScriptedWorker worker = cluster.worker("w-1");

        Job job = run(JobKind.LOAD_METADATA);

        assertInstanceOf(JobState.Succeeded.class, job.state());
        assertEquals(new Tally(21, 0), job.counts().done());
        assertEquals(List.of(), worker.received());
    }

    /** In pages of which each tells of its own part; the fake counts each file of it as new. */
    @Test
    void aSyncTellsWhatDifferedAndNeedsNoWorker() throws IOException {
        files();

        Job job = run(JobKind.SYNC);

        assertInstanceOf(JobState.Succeeded.class, job.state());
        assertEquals(new Tally(21, 0), job.counts().done());
        assertEquals(21, job.differences().added());
        assertEquals(
                "21 new, 0 changed, " + job.differences().deleted() + " deleted", job.message());
    }

    @Test
    void aSyncTakesNoSelection() {
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> order(JobKind.SYNC, selection(List.of("*.jpg"), List.of(), 0)));

        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
    }

    @Test
    void replicasAreLoadedByEachOfTheirOwners() throws IOException {
        Tally all = files();
        cluster.worker("w-1");
        cluster.worker("w-2");
        cluster.worker("w-3");
        cluster.namespace.replicate("/data", 2);

        Job job = run(JobKind.WARM_REPLICAS);

        assertInstanceOf(JobState.Succeeded.class, job.state(), job.message());
        assertEquals(new Tally(all.files(), 2 * all.bytes()), job.counts().done());
        assertEquals(
                new Tally(all.files(), 2 * all.bytes()),
                run(JobKind.WARM_REPLICAS).counts().skipped());
    }

    @Test
    void aPinIsSetAndLoadedAndAnUnpinTakesItBackAndFreesNothing() throws IOException {
        Tally all = files();
        cluster.worker("w-1");

        Job pin = run(JobKind.PIN);

        assertEquals(all, pin.counts().done());
        assertEquals(List.of("/data"), cluster.namespace.pinned());
        Job unpin = run(JobKind.UNPIN);
        assertInstanceOf(JobState.Succeeded.class, unpin.state());
        assertEquals("the pin was taken back", unpin.message());
        assertTrue(cluster.namespace.pinned().isEmpty());
        assertFalse(run(JobKind.LOAD).counts().skipped().equals(Tally.NONE));
    }
}
