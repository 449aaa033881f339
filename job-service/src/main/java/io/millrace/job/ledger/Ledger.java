package io.millrace.job.ledger;

import io.millrace.job.selection.Selection;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * The jobs there are and were. Every answer is what the database holds at that moment; a state is
 * stored before it is told.
 */
public final class Ledger {

    private static final int MOST_OVERDUE = 100;

    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    public Ledger(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /** What became of an order. */
    public sealed interface Submitted {

        /** A new job. */
        record Now(Job job) implements Submitted {}

        /** The request had been sent before, and this is its job. */
        record Before(Job job) implements Submitted {}

        /** The request's key had come with another order, whose job is {@code id}. */
        record KeyTaken(JobId id) implements Submitted {

            public String message() {
                return "the Idempotency-Key came with another order before: job " + id;
            }
        }

        /**
         * The job that does it.
         *
         * @throws MillraceException INVALID_ARGUMENT when the key was taken
         */
        default Job accepted() {
            return switch (this) {
                case Now(Job job) -> job;
                case Before(Job job) -> job;
                case KeyTaken taken ->
                        throw new MillraceException(ErrorCode.INVALID_ARGUMENT, taken.message());
            };
        }
    }

    /**
     * Stores a new job; nothing else happens yet.
     *
     * @throws MillraceException ALREADY_EXISTS, naming the running job, when one of this kind runs
     *     on this path
     */
    public Submitted submit(Order order) {
        while (true) {
            Optional<Submitted> before = requested(order);
            if (before.isPresent()) {
                return before.get();
            }
            JobId id = JobId.make(clock.instant(), random);
            Optional<Job> stored =
                    database.transaction(connection ->
                            JobStore.insert(connection, id, order)
                                    ? JobStore.find(connection, id)
                                    : Optional.empty());
            if (stored.isPresent()) {
                return new Submitted.Now(stored.get());
            }
            Optional<JobId> running = running(order.kind(), order.path());
            if (running.isPresent() && requested(order).isEmpty()) {
                throw new MillraceException(
                        ErrorCode.ALREADY_EXISTS, runsAlready(order, running.get()));
            }
        }
    }

    /** Why an order is refused while job {@code id} runs. */
    public static String runsAlready(Order order, JobId id) {
        return "a %s of %s is running already: job %s"
                .formatted(order.kind().word(), order.path(), id);
    }

    /** What became of the same request, when it has come before. */
    public Optional<Submitted> requested(Order order) {
        if (order.requestKey().isEmpty()) {
            return Optional.empty();
        }
        return database.transaction(connection -> {
            Optional<JobStore.Requested> before =
                    JobStore.requested(connection, order.requestKey().get());
            if (before.isEmpty()) {
                return Optional.empty();
            }
            JobId id = before.get().id();
            return before.get().fingerprint().equals(order.fingerprint())
                    ? JobStore.find(connection, id).map(Submitted.Before::new)
                    : Optional.of(new Submitted.KeyTaken(id));
        });
    }

    /** The job of {@code kind} that runs on {@code path}. */
    public Optional<JobId> running(JobKind kind, NamespacePath path) {
        return database.transaction(
                connection -> JobStore.openJob(connection, kind, path.toString()));
    }

    /**
     * The job as it is now.
     *
     * @throws MillraceException NOT_FOUND when there is none, or no longer
     */
    public Job job(JobId id) {
        return database.transaction(connection -> require(connection, id));
    }

    /**
     * Jobs from the newest on.
     *
     * @param before exclusive; empty: from the newest
     * @param limit 1 or more
     */
    public Page<Job> list(Optional<JobId> before, int limit) {
        return database.transaction(
                connection -> Page.cut(JobStore.list(connection, before, limit + 1), limit));
    }

    /** Which jobs are told. */
    public enum Following {
        CHANGED,
        /** Also those whose pace may be another one by now. */
        CHANGED_OR_OPEN
    }

    /**
     * Jobs that have changed.
     *
     * @param jobs oldest first
     * @param position from where on what follows is found: nothing is left out, some may be told
     *     twice
     */
    public record Changes(List<Job> jobs, long position) {

        public Changes {
            jobs = List.copyOf(jobs);
        }
    }

    /**
     * Of the newest jobs those that have changed.
     *
     * @param since a {@link Changes#position}; one that lies ahead, as after the database was set
     *     up anew, is as 0: all
     * @param limit how many of the newest are looked at, 1 or more
     */
    public Changes changes(long since, Following following, int limit) {
        return database.transaction(connection -> {
            long position = JobStore.position(connection);
            return new Changes(
                    JobStore.changes(connection, since > position ? 0 : since, following, limit),
                    position);
        });
    }

    /**
     * Ends a job: workers give back what they have not begun, what they have done is counted, the
     * rest is dropped. A job that has ended stays as it is.
     *
     * @param revision the job must have; empty: any
     * @throws MillraceException NOT_FOUND when there is none; STALE_VERSION when it has another
     *     revision
     */
    public Job cancel(JobId id, OptionalLong revision) {
        return held(
                id,
                revision,
                (connection, job) -> {
                    if (!job.ended()) {
                        end(connection, job, new JobState.Cancelled(clock.instant(), "cancelled"));
                    }
                });
    }

    /** Ends a job that cannot go on; like {@link #cancel}. */
    public Job fail(JobId id, String message) {
        return held(
                id,
                OptionalLong.empty(),
                (connection, job) -> {
                    if (!job.ended()) {
                        end(connection, job, new JobState.Failed(clock.instant(), message));
                    }
                });
    }

    /**
     * Stops a job without ending it: nothing more is planned or sent, and workers give back what
     * they have not begun. A job that is paused stays so.
     *
     * @param revision as for {@link #cancel}
     * @throws MillraceException CONFLICT when it has ended, and as {@link #cancel}
     */
    public Job pause(JobId id, OptionalLong revision) {
        return held(
                id,
                revision,
                (connection, job) -> {
                    requireOpen(job, "paused");
                    if (job.state().name().next().contains(JobState.Name.PAUSED)) {
                        JobStore.enter(connection, id, JobState.Name.PAUSED);
                    }
                });
    }

    /** Lets a paused job go on; one that is not paused stays as it is. As {@link #pause}. */
    public Job resume(JobId id, OptionalLong revision) {
        return held(
                id,
                revision,
                (connection, job) -> {
                    requireOpen(job, "resumed");
                    if (job.state() instanceof JobState.Paused) {
                        JobStore.enter(
                                connection,
                                id,
                                job.started().isPresent()
                                        ? JobState.Name.RUNNING
                                        : JobState.Name.PLANNED);
                    }
                });
    }

    /**
     * Changes how a job is done while it is; workers hear of it at once.
     *
     * @param change what it is from what it was
     * @throws MillraceException CONFLICT when it has ended, and as {@link #cancel}
     */
    public Job control(JobId id, OptionalLong revision, UnaryOperator<Controls> change) {
        return held(
                id,
                revision,
                (connection, job) -> {
                    requireOpen(job, "changed");
                    Controls changed = change.apply(job.controls());
                    if (!changed.equals(job.controls())) {
                        JobStore.control(connection, id, changed);
                    }
                });
    }

    /**
     * Ends jobs whose deadline has passed.
     *
     * @return how many
     */
    public int endOverdue() {
        List<JobId> overdue =
                database.transaction(connection -> JobStore.overdue(connection, MOST_OVERDUE));
        for (JobId id : overdue) {
            held(
                    id,
                    OptionalLong.empty(),
                    (connection, job) -> {
                        Instant now = clock.instant();
                        Optional<Instant> deadline = job.controls().deadline();
                        if (!job.ended() && deadline.isPresent()) {
                            end(
                                    connection,
                                    job,
                                    JobState.overdue(deadline.get(), job.counts(), now));
                        }
                    });
        }
        return overdue.size();
    }

    /** Work on a job whose row is held. */
    private interface Change {
        void of(Connection connection, Job job) throws SQLException;
    }

    private Job held(JobId id, OptionalLong revision, Change change) {
        return database.transaction(connection -> {
            JobStore.lock(connection, id);
            Job job = require(connection, id);
            if (revision.isPresent() && revision.getAsLong() != job.revision()) {
                throw new MillraceException(
                        ErrorCode.STALE_VERSION,
                        "job "
                                + id
                                + " has revision "
                                + job.revision()
                                + ", not "
                                + revision.getAsLong());
            }
            change.of(connection, job);
            return require(connection, id);
        });
    }

    private static void requireOpen(Job job, String what) {
        if (job.ended()) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "job "
                            + job.id()
                            + " is "
                            + job.state().name()
                            + " and cannot be "
                            + what
                            + " any more");
        }
    }

    private static void end(Connection connection, Job job, JobState.Ended state)
            throws SQLException {
        JobStore.end(connection, job.id(), state);
        JobStore.dropUnpublished(connection, job.id());
    }

    /**
     * The files a job gave up, by path.
     *
     * @param afterPath exclusive; empty: from the first
     * @param limit 1 or more
     * @throws MillraceException NOT_FOUND when there is no such job
     */
    public Page<Failure> failures(JobId id, String afterPath, int limit) {
        return database.transaction(connection -> {
            require(connection, id);
            return Page.cut(JobStore.failures(connection, id, afterPath, limit + 1), limit);
        });
    }

    /**
     * What does the files again that a job could not do.
     *
     * @param requestKey as of {@link Order}
     * @throws MillraceException NOT_FOUND when there is no such job; CONFLICT when it has not
     *     ended, has lost nothing, or has lost more files than are listed
     */
    public Order retry(JobId id, Optional<String> requestKey) {
        return database.transaction(connection -> {
            Job job = require(connection, id);
            long lost = job.counts().lost().total().files();
            long listed = JobStore.listedFailures(connection, id);
            if (!job.ended() || listed == 0 || listed < lost) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        "the failed files of job "
                                + id
                                + " cannot be done again: "
                                + (job.ended()
                                        ? lost
                                                + " were not done, of which "
                                                + listed
                                                + " are listed (millrace.jobs.max-failures)"
                                        : "it has not ended"));
            }
            return new Order(
                    job.kind(),
                    NamespacePath.parse(job.path()),
                    Selection.ALL,
                    job.controls().withDeadline(Optional.empty()),
                    Optional.of(id),
                    requestKey);
        });
    }

    /** Says what an open job waits for; empty: for nothing but its workers. */
    public void notice(JobId id, String message) {
        database.transaction(connection -> JobStore.notice(connection, id, message));
    }

    /**
     * Forgets jobs that ended longer than {@code age} ago, and the oldest beyond {@code count}.
     *
     * @return how many
     */
    public int prune(int count, Duration age) {
        return database.transaction(connection -> JobStore.prune(connection, count, age));
    }

    /** How much is under way in the whole database. */
    public OpenWork openWork() {
        return database.transaction(JobStore::openWork);
    }

    /**
     * Ends the job within the caller's transaction if its planner has finished and no batch is
     * left. The caller holds the job's row.
     *
     * @return whether it has ended now
     */
    public boolean settle(Connection connection, JobId id) throws SQLException {
        Optional<Job> found = JobStore.find(connection, id);
        if (found.isEmpty()) {
            return false;
        }
        Job job = found.get();
        if (job.ended() || !job.planningFinished() || job.openBatches() > 0) {
            return false;
        }
        String firstFailure =
                job.counts().lost().equals(Lost.NONE)
                        ? ""
                        : JobStore.failures(connection, id, "", 1).stream()
                                .map(Failure::message)
                                .findFirst()
                                .orElse("the reasons are not listed");
        JobStore.end(
                connection,
                id,
                JobState.settled(
                        job.kind(),
                        job.counts(),
                        job.unselectedFiles(),
                        job.differences(),
                        job.controls().require(),
                        firstFailure,
                        clock.instant()));
        return true;
    }

    private static Job require(Connection connection, JobId id) throws SQLException {
        return JobStore.find(connection, id).orElseThrow(() -> JobId.unknown(id.value()));
    }
}
