package io.millrace.metadata.workers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.database.Database;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Leases and epochs. */
class WorkerRegistryTest {

    private static final WorkerId ID = new WorkerId("w");
    private static final WorkerId OTHER = new WorkerId("x");

    @SuppressWarnings("NullAway.Init")
    private AgroalDataSource pool;

    @SuppressWarnings("NullAway.Init")
    private Database database;

    @SuppressWarnings("NullAway.Init")
    private WorkerRegistry registry;

    @BeforeEach
    void open() {
        pool = new TestDatabase().pool();
        database = new Database(pool);
        registry = new WorkerRegistry(database, Duration.ofMinutes(5));
        registry.fixSlots(64);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private static WorkerRecord worker(int port, String directory, long capacity) {
        return worker(ID, port, directory, capacity);
    }

    private static WorkerRecord worker(WorkerId id, int port, String directory, long capacity) {
        return new WorkerRecord(
                id,
                new WorkerRecord.Address("127.0.0.1", port, port + 1),
                "host",
                List.of(directory),
                new WorkerRecord.Load(capacity, 0, 0, 0),
                capacity,
                WorkerRecord.State.LIVE,
                0,
                0);
    }

    private long epoch() {
        return registry.workers().ringEpoch();
    }

    private void loseAll() {
        database.read(connection -> {
            try (var statement =
                    connection.prepareStatement(
                            "UPDATE metadata.worker SET lease_until = clock_timestamp() -"
                                    + " interval '1 ms'")) {
                return statement.executeUpdate();
            }
        });
    }

    @Test
    void theNumberOfSlotsIsFixedAtTheFirstStart() {
        registry.fixSlots(64);
        MillraceException failure =
                assertThrows(MillraceException.class, () -> registry.fixSlots(128));
        assertEquals(ErrorCode.CONFLICT, failure.code());
        assertTrue(failure.getMessage().contains("millrace.metadata.slots"));
    }

    @Test
    void aRestartedWorkerTakesItsPlaceAndTheRingMovesOn() {
        registry.register(worker(7000, "/c", 10));
        long before = epoch();

        assertEquals(before + 1, registry.register(worker(7100, "/c", 10)).ringEpoch());

        assertEquals(7100, registry.workers().all().getFirst().address().dataPort());
        assertEquals(before + 1, registry.register(worker(7100, "/c", 10)).ringEpoch());
    }

    @Test
    void anotherWorkerMayHaveTheIdOnlyWhenTheLeaseHasRunOut() {
        registry.register(worker(7000, "/c", 10));
        assertEquals(
                ErrorCode.CONFLICT,
                assertThrows(
                                MillraceException.class,
                                () -> registry.register(worker(7100, "/other", 10)))
                        .code());
        assertEquals(7000, registry.workers().all().getFirst().address().dataPort());
        loseAll();
        registry.register(worker(7100, "/other", 10));
        assertEquals(7100, registry.workers().all().getFirst().address().dataPort());
    }

    @Test
    void replicasThatExpireTogetherTakeAWorkerOnce() throws Exception {
        registry.register(worker(7000, "/c", 10));
        long before = epoch();
        loseAll();
        WorkerRegistry other = new WorkerRegistry(database, Duration.ofMinutes(5));
        List<List<WorkerId>> taken = new java.util.concurrent.CopyOnWriteArrayList<>();
        Thread thread = Thread.ofVirtual().start(() -> taken.add(other.expire()));
        taken.add(registry.expire());
        thread.join();

        assertEquals(1, taken.stream().mapToInt(List::size).sum());
        assertEquals(before + 1, epoch());
        assertEquals(List.of(), registry.workers().inRing());
        assertEquals(WorkerRecord.State.LOST, registry.workers().all().getFirst().state());
        assertEquals(
                ErrorCode.NOT_FOUND,
                assertThrows(
                                MillraceException.class,
                                () -> registry.renew(ID, new WorkerRecord.Load(1, 0, 0, 0)))
                        .code());
    }

    @Test
    void aRenewalKeepsTheWeightThatTheRingWasMadeFrom() {
        registry.register(worker(7000, "/c", 10));
        long before = epoch();
        registry.renew(ID, new WorkerRecord.Load(99, 5, 1, 0));
        assertEquals(before, epoch());
        assertEquals(10, registry.workers().all().getFirst().weight());
        assertEquals(99, registry.workers().all().getFirst().load().capacityBytes());
    }

    @Test
    void drainingIsKeptAcrossARestartAndChangesTheRing() {
        registry.register(worker(7000, "/c", 10));
        registry.register(worker(OTHER, 7200, "/d", 10));
        long before = epoch();
        registry.drain(ID);
        registry.drain(ID);
        assertEquals(before + 1, epoch());
        registry.register(worker(7100, "/c", 10));
        assertEquals(WorkerRecord.State.DRAINING, registry.workers().all().getFirst().state());
        registry.undrain(ID);
        assertEquals(WorkerRecord.State.LIVE, registry.workers().all().getFirst().state());
        registry.deregister(ID);
        registry.deregister(ID);
        registry.deregister(OTHER);
        assertEquals(List.of(), registry.workers().all());
    }

    @Test
    void drainingIsKeptWhenTheWorkerLeavesInOrderAndComesBack() {
        registry.register(worker(7000, "/c", 10));
        registry.register(worker(OTHER, 7200, "/d", 10));
        registry.drain(ID);
        long before = epoch();
        registry.deregister(ID);
        assertEquals(before + 1, epoch());
        assertEquals(WorkerRecord.State.LOST, registry.workers().all().getFirst().state());
        assertEquals(1, registry.workers().inRing().size());

        registry.register(worker(7000, "/c", 10));

        assertEquals(before + 2, epoch());
        assertEquals(WorkerRecord.State.DRAINING, registry.workers().all().getFirst().state());
        registry.deregister(ID);
        registry.deregister(ID);
        assertEquals(
                List.of(OTHER), registry.workers().all().stream().map(WorkerRecord::id).toList());
    }

    @Test
    void theLastWorkerThatDoesNotDrainIsDrainedOnlyByForce() {
        registry.register(worker(7000, "/c", 10));
        registry.register(worker(OTHER, 7200, "/d", 10));
        registry.register(worker(new WorkerId("weightless"), 7300, "/e", 0));
        registry.drain(OTHER);
        long before = epoch();

        MillraceException refused = assertThrows(MillraceException.class, () -> registry.drain(ID));

        assertEquals(ErrorCode.CONFLICT, refused.code());
        assertTrue(refused.getMessage().contains("worker w is the last"), refused.getMessage());
        assertEquals(before, epoch());
        assertEquals(WorkerRecord.State.DRAINING, registry.drain(OTHER).state());
        assertEquals(WorkerRecord.State.DRAINING, registry.drainAnyway(ID).state());
        assertEquals(before + 1, epoch());
    }

    @Test
    void aWorkerThatIsNotKnownIsNeitherDrainedNorUndrained() {
        for (Executable call :
                List.<Executable>of(
                        () -> registry.drain(ID),
                        () -> registry.drainAnyway(ID),
                        () -> registry.undrain(ID))) {
            assertEquals(ErrorCode.NOT_FOUND, assertThrows(MillraceException.class, call).code());
        }
    }

    @Test
    void aRenewalTellsWhatIsInFlight() {
        registry.register(worker(7000, "/c", 10));
        registry.renew(ID, new WorkerRecord.Load(10, 5, 1, 7));
        assertEquals(7, registry.workers().all().getFirst().load().inFlight());
    }

    @Test
    void aWorkerThatCannotBeReachedIsRefused() {
        for (WorkerRecord bad :
                List.of(
                        worker(0, "/c", 1),
                        worker(70_000, "/c", 1),
                        worker(7000, "", 1),
                        worker(7000, "/c", -1))) {
            assertEquals(
                    ErrorCode.INVALID_ARGUMENT,
                    assertThrows(MillraceException.class, () -> registry.register(bad)).code());
        }
        assertEquals(List.of(), registry.workers().all());
    }
}
