package io.millrace.job.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Tally;
import io.millrace.job.pins.Pin;
import io.millrace.job.pins.PinKeeper.Step;
import io.millrace.job.pins.PinSettings;
import io.millrace.job.testing.JobCluster;
import io.millrace.job.testing.ScriptedWorker;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pins that hold. */
class PinKeeperIT {

    private static final Tally ALL = new Tally(20, 20 * 1000);

    private JobCluster cluster;
    private JobEngine engine;
    private ScriptedWorker worker;

    @BeforeEach
    void start() throws IOException {
        cluster = new JobCluster();
        engine = cluster.engine();
        worker = cluster.worker("w-1");
        for (int i = 0; i < 20; i++) {
            cluster.namespace.add("/data/a/f%02d".formatted(i), 1000);
        }
        cluster.namespace.add("/other/f", 1);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private List<Job> jobs() {
        return engine.jobs(Optional.empty(), 100).items();
    }

    private void finishAll() {
        cluster.stepUntil(engine, () -> jobs().stream().allMatch(Job::ended));
    }

    private Pin pin() {
        List<Pin> pins = engine.pins();
        assertEquals(1, pins.size(), pins.toString());
        return pins.getFirst();
    }

    private void pinned() {
        cluster.namespace.pin("/data");
        assertEquals(Step.SUBMITTED, engine.pinStep());
        finishAll();
        assertEquals(Step.LOOKED, engine.pinStep());
    }

    @Test
    void aPinnedPathIsLoadedAndThenSeenToBeThere() {
        cluster.namespace.pin("/data");

        assertEquals(Step.SUBMITTED, engine.pinStep());

        assertEquals(ALL, pin().total());
        assertEquals(Tally.NONE, pin().resident());
        assertEquals(jobs().getFirst().id(), pin().job().orElseThrow());
        assertEquals("/data", jobs().getFirst().path());
        assertEquals(Step.NOTHING, engine.pinStep(), "it looked while the load runs");
        finishAll();
        assertEquals(Step.LOOKED, engine.pinStep());
        assertEquals(ALL, pin().resident());
        assertTrue(pin().checked().isPresent());
        assertEquals("", pin().message());
        assertEquals(Step.NOTHING, engine.pinStep());
        assertEquals(1, jobs().size());
        assertEquals(1, engine.counts().pinLoads());
        assertEquals(2, engine.counts().pinsChecked());
    }

    @Test
    void aLoadThatRunsAlreadyIsTheOneThatIsWaitedFor() {
        Job running = cluster.submit(engine, JobKind.LOAD, "/data");
        cluster.namespace.pin("/data");

        assertEquals(Step.LOOKED, engine.pinStep());

        assertEquals(running.id(), pin().job().orElseThrow());
        assertEquals(1, jobs().size());
    }

    @Test
    void aNewOwnerIsGivenWhatItLacksAtOnce() throws IOException {
        pinned();
        cluster.worker("w-2");

        assertEquals(Step.SUBMITTED, engine.pinStep());

        Tally before = pin().resident();
        assertTrue(before.files() > 0 && before.files() < 20, before.toString());
        finishAll();
        assertEquals(Step.LOOKED, engine.pinStep());
        assertEquals(ALL, pin().resident());
        assertEquals(20 - before.files(), jobs().getFirst().counts().done().files());
    }

    @Test
    void aRingChangeThatMovesNothingLoadsNothing() {
        pinned();
        cluster.namespace.join("w-0", 1, 0);

        assertEquals(Step.LOOKED, engine.pinStep());

        assertEquals(1, jobs().size());
    }

    @Test
    void whatIsLostIsFoundAtTheNextLookAndLoadedAgain() {
        JobEngine hasty = hasty(Duration.ofMillis(1));
        cluster.namespace.pin("/data");
        cluster.stepUntil(engine, () -> hasty.pinStep() == Step.SUBMITTED);
        cluster.stepUntil(
                engine,
                () -> {
                    hasty.pinStep();
                    return pin().resident().equals(ALL);
                });
        worker.lose();

        cluster.stepUntil(engine, () -> hasty.pinStep() == Step.SUBMITTED);

        assertEquals(Tally.NONE, pin().resident());
        cluster.stepUntil(
                engine,
                () -> {
                    hasty.pinStep();
                    return pin().resident().equals(ALL);
                });
        assertEquals(2, jobs().size());
    }

    private JobEngine hasty(Duration every) {
        EngineSettings usual = cluster.settings(cluster.bootstrapServers(), Duration.ofMinutes(10));
        return cluster.engine(
                new EngineSettings(
                        usual.metadataService(),
                        usual.callTimeout(),
                        usual.kafka(),
                        usual.resultsGroup(),
                        usual.plan(),
                        usual.dispatch(),
                        usual.results(),
                        usual.estimate(),
                        new PinSettings(every, Duration.ofSeconds(30), Duration.ofMillis(1)),
                        usual.schedules(),
                        1,
                        usual.idle(),
                        usual.historyCount(),
                        usual.historyAge(),
                        1));
    }

    @Test
    void aFileThatCannotBeLoadedIsNotTriedWithoutEnd() {
        worker.fail("/data/a/f03");
        pinned();

        assertEquals(Step.NOTHING, engine.pinStep());

        assertEquals(1, jobs().size());
        assertEquals(new Tally(19, 19 * 1000), pin().resident());
        assertTrue(pin().message().contains("/data/a/f03"), pin().message());
    }

    @Test
    void whatIsNoLongerPinnedIsForgottenAndNothingIsFreed() {
        pinned();
        cluster.namespace.pin("/other");

        assertEquals(Step.SUBMITTED, engine.pinStep());

        assertEquals("/other", pin().path());
        assertEquals(ALL, engine.plan(Order.of(JobKind.LOAD, path("/data"))).estimate().resident());
        cluster.namespace.pin();
        engine.pinStep();
        assertEquals(List.of(), engine.pins());
    }

    private static io.millrace.model.NamespacePath path(String text) {
        return io.millrace.model.NamespacePath.parse(text);
    }

    @Test
    void whatLiesBelowAPinnedPathIsLookedAtWithIt() {
        cluster.namespace.pin("/data", "/data/a", "/data/a/f01");

        engine.pinStep();

        assertEquals("/data", pin().path());
    }

    @Test
    void twoReplicasSubmitOneLoad() {
        JobEngine other = cluster.engine();
        cluster.namespace.pin("/data");

        Step first = engine.pinStep();
        Step second = other.pinStep();

        assertEquals(List.of(Step.SUBMITTED, Step.NOTHING), List.of(first, second));
        assertEquals(1, jobs().size());
    }

    @Test
    void aPathWithNothingAtItSaysSo() {
        cluster.namespace.pin("/nowhere");

        assertEquals(Step.LOOKED, engine.pinStep());

        assertTrue(pin().message().contains("/nowhere"), pin().message());
        assertEquals(List.of(), jobs());
        assertEquals(Step.NOTHING, engine.pinStep());
    }

    @Test
    void aNamespaceThatIsAwayIsAskedAgain() {
        cluster.namespace.pin("/data");
        cluster.namespace.beforeNextWalk(() -> cluster.namespace.setAway(true));

        MillraceException away = assertThrows(MillraceException.class, engine::pinStep);

        assertEquals(ErrorCode.UNAVAILABLE, away.code());
        cluster.namespace.setAway(false);
        cluster.stepUntil(engine, () -> engine.pinStep() == Step.SUBMITTED);
    }
}
