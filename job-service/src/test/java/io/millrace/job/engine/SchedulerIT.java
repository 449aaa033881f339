package io.millrace.job.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.JobState;
import io.millrace.job.ledger.Require;
import io.millrace.job.schedule.Overlap;
import io.millrace.job.schedule.Schedule;
import io.millrace.job.schedule.ScheduledJob;
import io.millrace.job.schedule.Scheduler;
import io.millrace.job.schedule.Scheduler.Wanted;
import io.millrace.job.schedule.Timetable;
import io.millrace.job.selection.Selection;
import io.millrace.job.testing.JobCluster;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SchedulerIT {

    private static final Instant START = Instant.parse("2030-01-01T00:00:30Z");
    private static final Instant FIRST = Instant.parse("2030-01-01T00:01:00Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private volatile Instant now = START;
    private JobCluster cluster;
    private JobEngine engine;
    private Scheduler scheduler;

    @BeforeEach
    void start() throws IOException {
        cluster = new JobCluster();
        engine = cluster.engine();
        scheduler = cluster.scheduler(engine, () -> now);
        for (int i = 0; i < 5; i++) {
            cluster.namespace.add("/data/f" + i, 1_000);
        }
        cluster.worker("w-1");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static ScheduledJob job(String path) {
        return new ScheduledJob(
                JobKind.LOAD,
                NamespacePath.parse(path),
                Selection.ALL,
                Optional.empty(),
                Optional.empty(),
                Controls.DEFAULT,
                Optional.empty());
    }

    private static Wanted wanted(String name, Overlap overlap, ScheduledJob job) {
        return new Wanted(
                name,
                new Timetable("* * * * *", ZoneId.of("UTC"), Duration.ZERO),
                overlap,
                job,
                false);
    }

    private Schedule create(Overlap overlap) {
        return scheduler.create(wanted("nightly", overlap, job("/data")));
    }

    private List<Job> jobs() {
        return engine.jobs(Optional.empty(), 100).items();
    }

    private Schedule.Last last() {
        return scheduler.schedule("nightly").last().orElseThrow();
    }

    @Test
    void aTimeBeginsItsJobOnceHoweverManyLook() {
        Schedule schedule = create(Overlap.SKIP);
        assertEquals(Optional.of(FIRST), schedule.next());
        assertFalse(scheduler.step(), "before its time");
        now = FIRST;

        assertTrue(scheduler.step());
        assertFalse(cluster.scheduler(engine, () -> now).step());

        Job job = cluster.finish(engine, last().job().orElseThrow());
        assertEquals(JobState.Name.SUCCEEDED, job.state().name());
        assertEquals(1, jobs().size());
        assertEquals(FIRST, last().planned());
        assertEquals(Optional.of(FIRST.plus(MINUTE)), scheduler.schedule("nightly").next());
    }

    @Test
    void aReplicaThatEndsBetweenBeginningAndNotingBeginsItOnce() {
        create(Overlap.SKIP);
        now = FIRST;
        Scheduler killed =
                cluster.scheduler(
                        engine,
                        () -> now,
                        order -> {
                            engine.submit(order);
                            throw new MillraceException(ErrorCode.UNAVAILABLE, "killed");
                        });
        assertTrue(killed.step());
        JobId begun = jobs().getFirst().id();
        now = FIRST.plusSeconds(1);

        assertTrue(scheduler.step());

        assertEquals(Optional.of(begun), last().job());
        assertEquals(1, jobs().size());
    }

    @Test
    void aTimeIsLeftOutWhileSuchAJobRuns() {
        create(Overlap.SKIP);
        Job running = cluster.submit(engine, JobKind.LOAD, "/data");
        now = FIRST;

        assertTrue(scheduler.step());

        assertEquals(Optional.empty(), last().job());
        assertEquals("a load of /data is running already: job " + running.id(), last().message());
        assertEquals(1, jobs().size());
        assertEquals(Optional.of(FIRST.plus(MINUTE)), scheduler.schedule("nightly").next());
    }

    @Test
    void aBufferedTimeBeginsOnceWhenTheOtherHasEnded() {
        create(Overlap.BUFFER_ONE);
        Job running = cluster.submit(engine, JobKind.LOAD, "/data");
        for (int minute = 0; minute < 20; minute++) {
            now = FIRST.plus(MINUTE.multipliedBy(minute));
            assertTrue(scheduler.step());
        }
        assertEquals(1, jobs().size());
        cluster.finish(engine, running.id());
        now = now.plusSeconds(1);

        assertTrue(scheduler.step());

        assertEquals(2, jobs().size());
        assertEquals(FIRST.plus(MINUTE.multipliedBy(19)), last().planned());
        assertNotEquals(Optional.of(running.id()), last().job());
        assertEquals(
                Optional.of(FIRST.plus(MINUTE.multipliedBy(20))),
                scheduler.schedule("nightly").next());
    }

    @Test
    void theOtherIsCancelledWhereThatIsWanted() {
        create(Overlap.CANCEL_OTHER);
        Job running = cluster.submit(engine, JobKind.LOAD, "/data");
        now = FIRST;

        assertTrue(scheduler.step());

        assertEquals(JobState.Name.CANCELLED, engine.job(running.id()).state().name());
        Job job = cluster.finish(engine, last().job().orElseThrow());
        assertEquals(JobState.Name.SUCCEEDED, job.state().name());
    }

    @Test
    void theNewestOfMissedTimesIsMadeUpForOnce() {
        create(Overlap.SKIP);
        now = FIRST.plus(Duration.ofDays(3)).plusSeconds(5);

        assertTrue(scheduler.step());
        assertFalse(scheduler.step());

        cluster.finish(engine, last().job().orElseThrow());
        assertEquals(FIRST.plus(Duration.ofDays(3)), last().planned());
        assertEquals(
                Optional.of(FIRST.plus(Duration.ofDays(3)).plus(MINUTE)),
                scheduler.schedule("nightly").next());
    }

    @Test
    void aTimeThatWasMissedForTooLongIsLeftOut() {
        Timetable daily = new Timetable("1 0 * * *", ZoneId.of("UTC"), Duration.ZERO);
        scheduler.create(new Wanted("nightly", daily, Overlap.SKIP, job("/data"), false));
        now = FIRST.plus(Duration.ofDays(2)).plusSeconds(660);

        assertTrue(scheduler.step());

        assertEquals(
                new Schedule.Last(
                        FIRST.plus(Duration.ofDays(2)),
                        Optional.empty(),
                        "missed by 660 s, more than millrace.jobs.schedule-catch-up (600 s)"),
                last());
        assertEquals(List.of(), jobs());
        assertEquals(
                Optional.of(FIRST.plus(Duration.ofDays(3))), scheduler.schedule("nightly").next());
    }

    @Test
    void noTimeIsLostToAJitterLongerThanBetweenTwo() {
        Duration jitter = Duration.ofMinutes(3);
        Timetable jittered = new Timetable("* * * * *", ZoneId.of("UTC"), jitter);
        cluster.namespace.add("/one", 10);
        scheduler.create(new Wanted("nightly", jittered, Overlap.SKIP, job("/one"), false));
        Set<Instant> due = new TreeSet<>();

        for (int second = 0; second < 600; second += 5) {
            now = FIRST.plusSeconds(second);
            while (scheduler.step()) {
                due.add(last().planned());
            }
        }

        for (int minute = 0; minute < 7; minute++) {
            assertTrue(due.contains(FIRST.plus(MINUTE.multipliedBy(minute))), due.toString());
        }
    }

    @Test
    void whatCannotBeBegunIsSaidAndTriedAtTheNextTime() {
        scheduler.create(wanted("nightly", Overlap.SKIP, job("/later")));
        now = FIRST;
        assertTrue(scheduler.step());
        assertEquals("there is nothing at path '/later'", last().message());

        cluster.namespace.add("/later/f", 10);
        now = FIRST.plus(MINUTE);
        assertTrue(scheduler.step());

        assertTrue(last().job().isPresent(), last().message());
    }

    @Test
    void timesAreRelativeToWhatWasPlanned() {
        scheduler.create(
                wanted(
                        "nightly",
                        Overlap.SKIP,
                        new ScheduledJob(
                                JobKind.FREE,
                                NamespacePath.parse("/data"),
                                new Selection(
                                        List.of("*"),
                                        List.of("x"),
                                        1,
                                        2,
                                        Optional.empty(),
                                        Optional.empty()),
                                Optional.of(Duration.ofDays(30)),
                                Optional.of(Duration.ofDays(60)),
                                Controls.DEFAULT.withPriority(7).withRequire(Require.parse("99%")),
                                Optional.of(Duration.ofHours(4)))));
        now = FIRST.plusSeconds(20);

        assertTrue(scheduler.step());

        Job job = engine.job(last().job().orElseThrow());
        assertEquals(
                new Selection(
                        List.of("*"),
                        List.of("x"),
                        1,
                        2,
                        Optional.of(FIRST.minus(Duration.ofDays(60))),
                        Optional.of(FIRST.minus(Duration.ofDays(30)))),
                job.selection());
        assertEquals(Optional.of(FIRST.plus(Duration.ofHours(4))), job.controls().deadline());
        assertEquals(7, job.controls().priority());
        assertEquals("99%", job.controls().require().toString());
    }

    @Test
    void aScheduleIsReplacedPausedRunByHandAndDeletedByItsRevision() {
        Schedule made = create(Overlap.SKIP);
        refused(ErrorCode.ALREADY_EXISTS, () -> create(Overlap.SKIP));

        Schedule paused = scheduler.pause("nightly", OptionalLong.of(made.revision()));
        now = FIRST;
        assertFalse(scheduler.step());
        assertEquals(Optional.empty(), paused.next());
        refused(
                ErrorCode.STALE_VERSION,
                () -> scheduler.resume("nightly", OptionalLong.of(made.revision())));

        Job byHand = scheduler.run("nightly").accepted();
        assertEquals("/data", byHand.path());
        now = FIRST.plusMillis(1);
        refused(ErrorCode.ALREADY_EXISTS, () -> scheduler.run("nightly"));
        now = FIRST.plus(Duration.ofHours(5));
        Schedule resumed = scheduler.resume("nightly", OptionalLong.empty());
        assertEquals(Optional.of(now.plus(MINUTE)), resumed.next());
        assertFalse(scheduler.step(), "what was missed while paused is left out");

        Schedule other =
                scheduler.replace(
                        wanted("nightly", Overlap.BUFFER_ONE, job("/data/f0")),
                        OptionalLong.empty());
        assertEquals(Overlap.BUFFER_ONE, other.overlap());
        assertEquals("/data/f0", other.job().path().toString());
        scheduler.delete("nightly", OptionalLong.of(other.revision()));
        refused(ErrorCode.NOT_FOUND, () -> scheduler.schedule("nightly"));
        assertEquals(List.of(), scheduler.all());
    }

    @Test
    void thereAreNoMoreThanMayBe() {
        for (int i = 0; i < 5; i++) {
            scheduler.create(wanted("s-" + i, Overlap.SKIP, job("/data")));
        }
        refused(ErrorCode.BUSY, () -> scheduler.create(wanted("s-5", Overlap.SKIP, job("/data"))));
        assertEquals(5, scheduler.all().size());
    }

    private static void refused(ErrorCode code, Runnable call) {
        assertEquals(code, assertThrows(MillraceException.class, call::run).code());
    }
}
