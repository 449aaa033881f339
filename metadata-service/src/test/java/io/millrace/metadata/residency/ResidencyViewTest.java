package io.millrace.metadata.residency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.workers.WorkerRecord;
import io.millrace.metadata.workers.WorkerRegistry;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What workers said, in Postgres. */
class ResidencyViewTest {

    private static final WorkerId ONE = new WorkerId("w-1");
    private static final WorkerId TWO = new WorkerId("w-2");

    private final MemoryBucket bucket = new MemoryBucket();

    @SuppressWarnings("NullAway.Init")
    private TestReplica replica;

    @SuppressWarnings("NullAway.Init")
    private WorkerRegistry workers;

    @SuppressWarnings("NullAway.Init")
    private ResidencyView view;

    private long mount;

    @BeforeEach
    void open() {
        replica =
                new TestReplica(
                        new TestDatabase(), _ -> bucket, new TestClock(), TestReplica.LIMITS);
        bucket.put("a/x", 100);
        bucket.put("a/b/y", 200);
        bucket.put("ab/z", 400);
        bucket.put("top", 800);
        mount = replica.mount("/data", "s3://bucket/").id();
        workers = new WorkerRegistry(replica.database, Duration.ofMinutes(5));
        workers.fixSlots(64);
        workers.register(worker(ONE));
        view = new ResidencyView(replica.database, replica.namespace, replica.mounts);
    }

    @AfterEach
    void close() {
        replica.close();
    }

    private static WorkerRecord worker(WorkerId id) {
        return new WorkerRecord(
                id,
                new WorkerRecord.Address("127.0.0.1", 7500, 7501),
                "host",
                List.of("/" + id),
                new WorkerRecord.Load(1_000, 0, 0, 0),
                1_000,
                WorkerRecord.State.LIVE,
                0,
                0);
    }

    private Summary.InDirectory directory(String path, long bytes) {
        return new Summary.InDirectory(mount, path, new Summary.Amount(1, bytes), 2, false);
    }

    private Summary.InDirectory folded(String path, long bytes) {
        return new Summary.InDirectory(mount, path, new Summary.Amount(1, bytes), 2, true);
    }

    private static Summary summary(WorkerId worker, long made, Summary.InDirectory... lies) {
        return new Summary(worker, made, List.of(lies), new Summary.Amount(0, 0));
    }

    private ResidencyView.Residency at(String path) {
        return view.of(NamespacePath.parse(path));
    }

    @Test
    void aDirectoryHasWhatLiesInItAndBelow() {
        view.apply(
                summary(
                        ONE,
                        1,
                        directory("a", 100),
                        directory("a/b", 200),
                        directory("ab", 400),
                        directory("", 800)));

        assertEquals(new Summary.Amount(2, 300), at("/data/a").cached());
        assertEquals(300, at("/data/a").total().bytes());
        assertEquals(4.0, at("/data/a").heat());
        assertEquals(new Summary.Amount(1, 200), at("/data/a/b").cached());
        assertEquals(new Summary.Amount(1, 400), at("/data/ab").cached());
        assertEquals(new Summary.Amount(4, 1_500), at("/data").cached());
        assertEquals(new Summary.Amount(4, 1_500), at("/").cached());
        assertTrue(at("/data/a").isComplete());
    }

    @Test
    void allWorkersCount() {
        workers.register(worker(TWO));
        view.apply(summary(ONE, 5, directory("a", 100)));
        assertFalse(at("/data/a").isComplete(), "the second has said nothing yet");

        view.apply(summary(TWO, 7, directory("a", 60)));

        ResidencyView.Residency residency = at("/data/a");
        assertEquals(new Summary.Amount(2, 160), residency.cached());
        assertEquals(
                List.of(5L, 7L),
                residency.workers().stream().map(ResidencyView.OnWorker::madeMillis).toList());
        assertTrue(residency.isComplete());
    }

    @Test
    void aNewerSummaryReplacesAllAndAnOlderNothing() {
        assertTrue(view.apply(summary(ONE, 2, directory("a", 100), directory("ab", 400))));
        assertFalse(view.apply(summary(ONE, 2, directory("a", 1))));
        assertFalse(view.apply(summary(ONE, 1, directory("a", 1))));
        assertEquals(500, at("/data").cached().bytes());

        assertTrue(view.apply(summary(ONE, 3, directory("a", 60))));

        assertEquals(60, at("/data").cached().bytes());
    }

    @Test
    void whatIsSummedUpAboveADirectoryMayBeOfIt() {
        view.apply(summary(ONE, 1, folded("a", 300), directory("ab", 400)));

        assertEquals(0, at("/data/a/b").cached().bytes());
        assertFalse(at("/data/a/b").isComplete());
        assertTrue(at("/data/a").isComplete());
        assertTrue(at("/data/ab").isComplete());
        assertTrue(at("/data").isComplete());
    }

    @Test
    void whatAWorkerCannotNameMayBeOfAnyDirectory() {
        view.apply(new Summary(ONE, 1, List.of(directory("a", 100)), new Summary.Amount(3, 5_000)));

        assertFalse(at("/data/a").isComplete());
        assertEquals(5_000, at("/data/a").workers().getFirst().unknown().bytes());
    }

    @Test
    void emptyFilesAreNothingThatIsMissed() {
        view.apply(new Summary(ONE, 1, List.of(directory("a", 100)), new Summary.Amount(2, 0)));

        assertTrue(at("/data/a").isComplete());
    }

    @Test
    void onlyLiveWorkersAreHeard() {
        assertFalse(view.apply(summary(TWO, 1, directory("a", 100))));
        view.apply(summary(ONE, 1, directory("a", 100)));

        workers.deregister(ONE);

        assertEquals(List.of(), at("/data/a").workers());
        assertEquals(
                0,
                TestDatabase.number(
                        replica.database, "SELECT count(*) FROM metadata.residency_directory"));
    }

    @Test
    void whatLostWorkersSaidIsForgotten() {
        view.apply(summary(ONE, 1, directory("a", 100)));
        replica.database.read(connection -> {
            try (var statement =
                    connection.prepareStatement("UPDATE metadata.worker SET lost = true")) {
                return statement.executeUpdate();
            }
        });
        assertEquals(List.of(), at("/data/a").workers());

        view.dropLost();

        assertEquals(
                0,
                TestDatabase.number(
                        replica.database, "SELECT count(*) FROM metadata.residency_directory"));
    }

    @Test
    void aFileIsNotSummedUp() {
        MillraceException refused = assertThrows(MillraceException.class, () -> at("/data/a/x"));

        assertEquals(ErrorCode.NOT_A_DIRECTORY, refused.code());
        assertEquals(
                ErrorCode.NOT_FOUND,
                assertThrows(MillraceException.class, () -> at("/data/none")).code());
    }
}
