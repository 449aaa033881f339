package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The jobs there are and were. Every answer is what the database holds at that moment; a state is
 * stored before it is told.
 */
public final class Ledger {

    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    public Ledger(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Stores a new job; nothing else happens yet.
     *
     * @throws MillraceException ALREADY_EXISTS, naming the running job, when one of this kind runs
     *     on this path
     */
    public Job submit(JobKind kind, NamespacePath path) {
        while (true) {
            JobId id = JobId.make(clock.instant(), random);
            Optional<Job> stored =
                    database.transaction(connection ->
                            JobStore.insert(connection, id, kind, path.toString())
                                    ? JobStore.find(connection, id)
                                    : Optional.empty());
            if (stored.isPresent()) {
                return stored.get();
            }
            Optional<JobId> running = running(kind, path);
            if (running.isPresent()) {
                throw new MillraceException(
                        ErrorCode.ALREADY_EXISTS,
                        "a "
                                + kind.word()
                                + " of "
                                + path
                                + " is running already: job "
                                + running.get());
            }
        }
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

    /**
     * Ends a job: what is published runs to its end and is counted, the rest is dropped. A job that
     * has ended stays as it is.
     *
     * @throws MillraceException NOT_FOUND when there is none
     */
    public Job cancel(JobId id) {
        return end(id, new JobState.Cancelled(clock.instant(), "cancelled"));
    }

    /** Ends a job that cannot go on; like {@link #cancel}. */
    public Job fail(JobId id, String message) {
        return end(id, new JobState.Failed(clock.instant(), message));
    }

    private Job end(JobId id, JobState.Ended state) {
        return database.transaction(connection -> {
            JobStore.lock(connection, id);
            if (!require(connection, id).ended()) {
                JobStore.end(connection, id, state);
                JobStore.dropUnpublished(connection, id);
            }
            return require(connection, id);
        });
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
        if (!(job.state() instanceof JobState.Running running)
                || !job.planningFinished()
                || job.openBatches() > 0) {
            return false;
        }
        String firstFailure =
                job.counts().failed().equals(Tally.NONE)
                        ? ""
                        : JobStore.failures(connection, id, "", 1).stream()
                                .map(Failure::message)
                                .findFirst()
                                .orElse("the reasons are not listed");
        JobStore.end(
                connection,
                id,
                running.settle(job.kind(), job.counts(), firstFailure, clock.instant()));
        return true;
    }

    private static Job require(Connection connection, JobId id) throws SQLException {
        return JobStore.find(connection, id).orElseThrow(() -> JobId.unknown(id.value()));
    }
}
