package io.millrace.job.schedule;

import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.Order;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Begins jobs at set times. All state is in the database; a schedule that is due is under the lease
 * of one replica. The job of each planned time is submitted under a request key made of the
 * schedule's name, its revision and that time, so that a replica that is killed between submitting
 * and noting it, or two at once, begin it once.
 */
public final class Scheduler {

    private static final Logger LOG = System.getLogger(Scheduler.class.getName());
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

    private final ScheduleStore store;
    private final Ledger ledger;
    private final Function<Order, Ledger.Submitted> submit;
    private final Consumer<JobId> cancel;
    private final ScheduleSettings settings;
    private final InstantSource clock;

    /**
     * @param submit accepts a job
     * @param cancel ends a job
     */
    public Scheduler(
            Database database,
            Ledger ledger,
            Function<Order, Ledger.Submitted> submit,
            Consumer<JobId> cancel,
            ScheduleSettings settings,
            InstantSource clock) {
        this.store = new ScheduleStore(database);
        this.ledger = ledger;
        this.submit = submit;
        this.cancel = cancel;
        this.settings = settings;
        this.clock = clock;
    }

    /** What is asked for. */
    public record Wanted(
            String name, Timetable timetable, Overlap overlap, ScheduledJob job, boolean paused) {

        /**
         * @throws MillraceException INVALID_ARGUMENT when the name is none
         */
        public Wanted {
            if (!NAME.matcher(name).matches()) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT,
                        "schedule name '"
                                + name
                                + "' is not 1 to 63 small letters, digits and dashes, the first no"
                                + " dash");
            }
        }
    }

    private Schedule toSchedule(Wanted wanted) {
        return new Schedule(
                wanted.name(),
                wanted.timetable(),
                wanted.overlap(),
                wanted.job(),
                wanted.paused(),
                wanted.timetable().next(clock.instant()),
                Optional.empty(),
                1);
    }

    /**
     * Stores a new schedule; its first time is the next one from now.
     *
     * @throws MillraceException ALREADY_EXISTS when the name is taken; BUSY when there are too many
     */
    public Schedule create(Wanted wanted) {
        if (!store.insert(toSchedule(wanted), settings.most())) {
            throw new MillraceException(
                    ErrorCode.ALREADY_EXISTS,
                    "there is a schedule '" + wanted.name() + "' already");
        }
        return store.find(wanted.name());
    }

    /**
     * Puts another in the place of a schedule; its next time is the next one from now. A job that
     * runs goes on.
     *
     * @param revision it must have; empty: any
     * @throws MillraceException NOT_FOUND when there is none; STALE_VERSION when it has another
     *     revision
     */
    public Schedule replace(Wanted wanted, OptionalLong revision) {
        return store.replace(toSchedule(wanted), revision);
    }

    /**
     * Lets nothing begin by it, or lets it go on with the next time from now; as {@link #replace}.
     */
    public Schedule pause(String name, OptionalLong revision) {
        return setPaused(name, revision, true);
    }

    /** Lets a paused schedule go on with the next time from now; as {@link #replace}. */
    public Schedule resume(String name, OptionalLong revision) {
        return setPaused(name, revision, false);
    }

    private Schedule setPaused(String name, OptionalLong revision, boolean paused) {
        Schedule now = store.find(name);
        if (now.paused() == paused && revision.isEmpty()) {
            return now;
        }
        return replace(
                new Wanted(name, now.timetable(), now.overlap(), now.job(), paused),
                revision.isPresent() ? revision : OptionalLong.of(now.revision()));
    }

    /** By name. */
    public List<Schedule> all() {
        return store.all();
    }

    /**
     * @throws MillraceException NOT_FOUND when there is none
     */
    public Schedule schedule(String name) {
        return store.find(name);
    }

    /** Jobs that it has begun go on; as {@link #replace}. */
    public void delete(String name, OptionalLong revision) {
        store.delete(name, revision);
    }

    /**
     * Begins its job now, whatever the time is; its times stay as they are.
     *
     * @throws MillraceException NOT_FOUND; ALREADY_EXISTS, naming it, when such a job runs; and
     *     what submitting throws
     */
    public Ledger.Submitted run(String name) {
        Schedule schedule = store.find(name);
        Instant now = clock.instant();
        return submit.apply(schedule.job().order(key(schedule, now) + "-by-hand", now));
    }

    private static String key(Schedule schedule, Instant planned) {
        return "schedule-%s-%d-%s".formatted(schedule.name(), schedule.revision(), planned);
    }

    /**
     * Does what is due for one schedule.
     *
     * @return whether one was
     * @throws MillraceException UNAVAILABLE and the like when the database is away; it is tried
     *     again
     */
    public boolean step() {
        Optional<ScheduleStore.Claim> claimed = store.claim(clock.instant(), settings.lease());
        claimed.ifPresent(this::act);
        return claimed.isPresent();
    }

    private void act(ScheduleStore.Claim claim) {
        Schedule schedule = claim.schedule();
        Instant now = clock.instant();
        Instant planned = newestDue(claim, now);
        Duration late =
                Duration.between(schedule.timetable().withJitter(schedule.name(), planned), now);
        if (!claim.waiting() && late.compareTo(settings.catchUp()) > 0) {
            advance(
                    claim,
                    planned,
                    Optional.empty(),
                    "missed by %d s, more than millrace.jobs.schedule-catch-up (%d s)"
                            .formatted(late.toSeconds(), settings.catchUp().toSeconds()));
            return;
        }
        Order order = schedule.job().order(key(schedule, planned), planned);
        Optional<JobId> running = ledger.running(order.kind(), order.path());
        if (running.isPresent() && ledger.requested(order).isEmpty()) {
            switch (schedule.overlap()) {
                case SKIP -> {
                    advance(
                            claim,
                            planned,
                            Optional.empty(),
                            Ledger.runsAlready(order, running.get()));
                    return;
                }
                case BUFFER_ONE -> {
                    store.wait(claim, now.plus(settings.retryPause()), true);
                    return;
                }
                case CANCEL_OTHER -> cancel.accept(running.get());
            }
        }
        begin(claim, planned, order);
    }

    /** Times that passed before it, because nobody looked or it had to wait, are left out. */
    private static Instant newestDue(ScheduleStore.Claim claim, Instant now) {
        return claim.schedule()
                .timetable()
                .lastBegun(now)
                .filter(claim.planned()::isBefore)
                .orElse(claim.planned());
    }

    private void begin(ScheduleStore.Claim claim, Instant planned, Order order) {
        try {
            advance(claim, planned, Optional.of(submit.apply(order).accepted().id()), "");
        } catch (MillraceException e) {
            boolean again =
                    e.code().retry() == ErrorCode.Retry.AFTER_PAUSE
                            || e.code() == ErrorCode.ALREADY_EXISTS;
            if (again) {
                // Another one has just begun: the next look treats it as running.
                store.wait(claim, clock.instant().plus(settings.retryPause()), claim.waiting());
            } else {
                advance(claim, planned, Optional.empty(), String.valueOf(e.getMessage()));
            }
        }
    }

    private void advance(
            ScheduleStore.Claim claim, Instant planned, Optional<JobId> job, String message) {
        Schedule schedule = claim.schedule();
        store.advance(
                claim,
                new Schedule.Last(planned, job, message),
                schedule.timetable().next(planned));
        LOG.log(
                Level.INFO,
                "event=schedule name={0} planned={1} job={2} message={3}",
                schedule.name(),
                planned,
                job.map(JobId::value).orElse("-"),
                message.isEmpty() ? "-" : message);
    }
}
