package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The SQL of jobs, their failures and their workers' progress. */
final class JobStore {

    private static final String COLUMNS =
            """
            SELECT j.*, now() AS read_at,
                   (SELECT count(*) FROM jobs.batch b WHERE b.job_id = j.id) AS open_batches
            FROM jobs.job j
            """;

    /** A rate over less than this says nothing. */
    private static final double SHORTEST_SECONDS = 0.05;

    private JobStore() {}

    /**
     * False: the id is taken, or the request's key is, or a job of this kind is open on this path.
     */
    static boolean insert(Connection connection, JobId id, Order order) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "INSERT INTO jobs.job ("
                                + SelectionStore.COLUMNS
                                + """
                                , priority, bytes_per_second, requests_per_second,
                                                      files_per_worker, require_millionths, deadline_at,
                                                      id, kind, path, request_key, request_hash, retry_of,
                                                      state, created_at)
                                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'PLANNED', now())
                                ON CONFLICT DO NOTHING
                                """)) {
            int parameter = SelectionStore.set(statement, 1, order.selection());
            parameter = setControls(statement, parameter, order.controls());
            statement.setString(parameter++, id.value());
            statement.setString(parameter++, order.kind().name());
            statement.setString(parameter++, order.path().toString());
            statement.setString(parameter++, order.requestKey().orElse(null));
            statement.setString(parameter++, order.fingerprint());
            statement.setString(parameter, order.retryOf().map(JobId::value).orElse(null));
            return statement.executeUpdate() == 1;
        }
    }

    /** Sets the parameters from {@code parameter} on; the number of the one after them. */
    private static int setControls(PreparedStatement statement, int parameter, Controls controls)
            throws SQLException {
        int next = parameter;
        statement.setInt(next++, controls.priority());
        statement.setLong(next++, controls.bytesPerSecond());
        statement.setLong(next++, controls.requestsPerSecond());
        statement.setInt(next++, controls.filesPerWorker());
        statement.setInt(next++, controls.require().millionths());
        statement.setTimestamp(next++, controls.deadline().map(Timestamp::from).orElse(null));
        return next;
    }

    static void control(Connection connection, JobId id, Controls controls) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job SET priority = ?, bytes_per_second = ?,
                            requests_per_second = ?, files_per_worker = ?,
                            require_millionths = ?, deadline_at = ?,
                            revision = revision + 1
                        WHERE id = ?
                        """)) {
            statement.setString(setControls(statement, 1, controls), id.value());
            statement.executeUpdate();
        }
    }

    /** A step of the planner that is under way writes nothing any more. */
    static void enter(Connection connection, JobId id, JobState.Name state) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job
                        SET state = ?, revision = revision + 1, lease_token = lease_token + 1,
                            lease_until = '-infinity', plan_after = now(), stalled_since = NULL
                        WHERE id = ?
                        """)) {
            statement.setString(1, state.name());
            statement.setString(2, id.value());
            statement.executeUpdate();
        }
    }

    /** A job that was submitted under a key, and a hash of what was asked for. */
    record Requested(JobId id, String fingerprint) {}

    static Optional<Requested> requested(Connection connection, String key) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT id, request_hash FROM jobs.job WHERE request_key = ?")) {
            statement.setString(1, key);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Requested(new JobId(row.getString(1)), row.getString(2)))
                        : Optional.empty();
            }
        }
    }

    static List<JobId> overdue(Connection connection, int limit) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT id FROM jobs.job
                        WHERE deadline_at <= now() AND state IN ('PLANNED', 'RUNNING', 'PAUSED')
                        ORDER BY deadline_at LIMIT ?
                        """)) {
            statement.setInt(1, limit);
            try (ResultSet rows = statement.executeQuery()) {
                List<JobId> ids = new ArrayList<>();
                while (rows.next()) {
                    ids.add(new JobId(rows.getString(1)));
                }
                return ids;
            }
        }
    }

    static Optional<JobId> openJob(Connection connection, JobKind kind, String path)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT id FROM jobs.job
                        WHERE kind = ? AND path = ? AND state IN ('PLANNED', 'RUNNING', 'PAUSED')
                        """)) {
            statement.setString(1, kind.name());
            statement.setString(2, path);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(new JobId(rows.getString(1))) : Optional.empty();
            }
        }
    }

    static OpenWork openWork(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement(
                                """
                                SELECT (SELECT count(*) FROM jobs.job
                                        WHERE state IN ('PLANNED', 'RUNNING', 'PAUSED')),
                                       (SELECT count(*) FROM jobs.batch)
                                """);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new OpenWork(row.getLong(1), row.getLong(2));
        }
    }

    /** Holds the job's row to the end of the transaction: all that count into it queue here. */
    static void lock(Connection connection, JobId id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM jobs.job WHERE id = ? FOR UPDATE")) {
            statement.setString(1, id.value());
            statement.executeQuery().close();
        }
    }

    static Optional<Job> find(Connection connection, JobId id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(COLUMNS + "WHERE j.id = ?")) {
            statement.setString(1, id.value());
            return jobs(connection, statement).stream().findFirst();
        }
    }

    static List<Job> list(Connection connection, Optional<JobId> before, int limit)
            throws SQLException {
        String where = before.isPresent() ? "WHERE j.id < ? " : "";
        try (PreparedStatement statement =
                connection.prepareStatement(COLUMNS + where + "ORDER BY j.id DESC LIMIT ?")) {
            int parameter = 1;
            if (before.isPresent()) {
                statement.setString(parameter++, before.get().value());
            }
            statement.setInt(parameter, limit);
            return jobs(connection, statement);
        }
    }

    /** Every change that is not seen by a later statement has this name or a greater one. */
    static long position(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement(
                                "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Of the newest {@code limit} jobs those that have changed, or are open; oldest first. */
    static List<Job> changes(
            Connection connection, long since, Ledger.Following following, int limit)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        COLUMNS
                                + """
                                WHERE j.id IN (SELECT id FROM jobs.job ORDER BY id DESC LIMIT ?)
                                  AND (j.changed_in >= ?
                                       OR ? AND j.state IN ('PLANNED', 'RUNNING', 'PAUSED'))
                                ORDER BY j.id
                                """)) {
            statement.setInt(1, limit);
            statement.setLong(2, since);
            statement.setBoolean(3, following == Ledger.Following.CHANGED_OR_OPEN);
            return jobs(connection, statement);
        }
    }

    private static List<Job> jobs(Connection connection, PreparedStatement statement)
            throws SQLException {
        record Found(Job job) {}
        List<Found> found = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(new Found(job(rows)));
            }
        }
        Map<String, List<WorkerProgress>> workers =
                workers(connection, found.stream().map(f -> f.job().id().value()).toList());
        return found.stream()
                .map(f ->
                        withWorkers(f.job(), workers.getOrDefault(f.job().id().value(), List.of())))
                .toList();
    }

    private static Job job(ResultSet row) throws SQLException {
        Counts counts =
                new Counts(
                        tally(row, "planned"),
                        tally(row, "done"),
                        tally(row, "skipped"),
                        new Lost(
                                tally(row, "failed"),
                                tally(row, "vanished"),
                                tally(row, "changed")));
        String message = row.getString("message");
        JobState state = state(row, message);
        Pace pace = state instanceof JobState.Open ? pace(row, counts) : new Pace(0, 0);
        boolean planningFinished = row.getBoolean("planning_finished");
        return new Job(
                new JobId(row.getString("id")),
                JobKind.valueOf(row.getString("kind")),
                row.getString("path"),
                SelectionStore.read(row),
                state,
                row.getTimestamp("created_at").toInstant(),
                Optional.ofNullable(row.getTimestamp("started_at")).map(Timestamp::toInstant),
                message,
                planningFinished,
                counts,
                row.getLong("unselected_files"),
                new Differences(
                        row.getLong("found_added"),
                        row.getLong("found_changed"),
                        row.getLong("found_deleted")),
                Math.round(pace.done()),
                planningFinished ? pace.timeFor(counts.open().bytes()) : Optional.empty(),
                row.getLong("open_batches"),
                List.of(),
                controls(row),
                row.getLong("retries"),
                Optional.ofNullable(row.getString("retry_of")).map(JobId::new),
                row.getLong("revision"),
                row.getLong("changed_in"));
    }

    static Controls controls(ResultSet row) throws SQLException {
        return new Controls(
                row.getInt("priority"),
                row.getLong("bytes_per_second"),
                row.getLong("requests_per_second"),
                row.getInt("files_per_worker"),
                new Require(row.getInt("require_millionths")),
                Optional.ofNullable(row.getTimestamp("deadline_at")).map(Timestamp::toInstant));
    }

    private static Job withWorkers(Job job, List<WorkerProgress> workers) {
        return new Job(
                job.id(),
                job.kind(),
                job.path(),
                job.selection(),
                job.state(),
                job.created(),
                job.started(),
                job.message(),
                job.planningFinished(),
                job.counts(),
                job.unselectedFiles(),
                job.differences(),
                job.bytesPerSecond(),
                job.eta(),
                job.openBatches(),
                workers,
                job.controls(),
                job.retries(),
                job.retryOf(),
                job.revision(),
                job.changed());
    }

    private static JobState state(ResultSet row, String message) throws SQLException {
        Timestamp finished = row.getTimestamp("finished_at");
        Instant at = finished == null ? Instant.EPOCH : finished.toInstant();
        return switch (JobState.Name.valueOf(row.getString("state"))) {
            case PLANNED -> new JobState.Planned();
            case RUNNING -> new JobState.Running();
            case PAUSED -> new JobState.Paused();
            case SUCCEEDED -> new JobState.Succeeded(at, message);
            case PARTIAL -> new JobState.Partial(at, message);
            case FAILED -> new JobState.Failed(at, message);
            case CANCELLED -> new JobState.Cancelled(at, message);
        };
    }

    private static Tally tally(ResultSet row, String prefix) throws SQLException {
        return new Tally(row.getLong(prefix + "_files"), row.getLong(prefix + "_bytes"));
    }

    /** Bytes per second, done and accounted for. */
    private record Pace(double done, double accounted) {
        Optional<Duration> timeFor(long bytes) {
            return accounted <= 0
                    ? Optional.empty()
                    : Optional.of(Duration.ofMillis((long) (1000.0 * bytes / accounted)));
        }
    }

    private static Pace pace(ResultSet row, Counts counts) throws SQLException {
        Timestamp since = row.getTimestamp("earlier_at");
        if (since == null) {
            return new Pace(0, 0);
        }
        Duration span =
                Duration.between(since.toInstant(), row.getTimestamp("read_at").toInstant());
        double seconds = Math.max(span.toNanos() / 1e9, SHORTEST_SECONDS);
        return new Pace(
                (counts.done().bytes() - row.getLong("earlier_done")) / seconds,
                (counts.accounted().bytes() - row.getLong("earlier_accounted")) / seconds);
    }

    private static Map<String, List<WorkerProgress>> workers(
            Connection connection, List<String> jobs) throws SQLException {
        Map<String, List<WorkerProgress>> byJob = new HashMap<>();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT * FROM jobs.worker_progress WHERE job_id = ANY (?)
                        ORDER BY job_id, worker_id
                        """)) {
            statement.setArray(1, connection.createArrayOf("text", jobs.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    byJob.computeIfAbsent(rows.getString("job_id"), _ -> new ArrayList<>())
                            .add(
                                    new WorkerProgress(
                                            rows.getString("worker_id"),
                                            tally(rows, "done"),
                                            tally(rows, "skipped"),
                                            rows.getLong("failed_files")));
                }
            }
        }
        return byJob;
    }

    static void end(Connection connection, JobId id, JobState.Ended state) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job
                        SET state = ?, finished_at = ?, message = ?, lease_token = lease_token + 1,
                            revision = revision + 1
                        WHERE id = ? AND state IN ('PLANNED', 'RUNNING', 'PAUSED')
                        """)) {
            statement.setString(1, state.name().name());
            statement.setTimestamp(2, Timestamp.from(state.finished()));
            statement.setString(3, state.message());
            statement.setString(4, id.value());
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("job " + id + " had ended before");
            }
        }
    }

    /** What is being sent at this moment is left: its result is counted. */
    static void dropUnpublished(Connection connection, JobId id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        DELETE FROM jobs.batch
                        WHERE job_id = ? AND published_at IS NULL
                          AND (claimed_until IS NULL OR claimed_until < now())
                        """)) {
            statement.setString(1, id.value());
            statement.executeUpdate();
        }
    }

    static boolean notice(Connection connection, JobId id, String message) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job SET message = ?
                        WHERE id = ? AND state IN ('PLANNED', 'RUNNING', 'PAUSED') AND message <> ?
                        """)) {
            statement.setString(1, message);
            statement.setString(2, id.value());
            statement.setString(3, message);
            return statement.executeUpdate() == 1;
        }
    }

    static List<Failure> failures(Connection connection, JobId id, String after, int limit)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT path, bytes, code, message FROM jobs.failure
                        WHERE job_id = ? AND path > ? ORDER BY path LIMIT ?
                        """)) {
            statement.setString(1, id.value());
            statement.setString(2, after);
            statement.setInt(3, limit);
            try (ResultSet rows = statement.executeQuery()) {
                List<Failure> failures = new ArrayList<>();
                while (rows.next()) {
                    failures.add(
                            new Failure(
                                    rows.getString("path"),
                                    rows.getLong("bytes"),
                                    ErrorCode.valueOf(rows.getString("code")),
                                    rows.getString("message")));
                }
                return failures;
            }
        }
    }

    static long listedFailures(Connection connection, JobId id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT count(*) FROM jobs.failure WHERE job_id = ?")) {
            statement.setString(1, id.value());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    static int prune(Connection connection, int count, Duration age) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        DELETE FROM jobs.job WHERE id IN (
                            SELECT id FROM (
                                SELECT id, finished_at, row_number() OVER (ORDER BY id DESC) AS place
                                FROM jobs.job WHERE state NOT IN ('PLANNED', 'RUNNING', 'PAUSED')
                            ) ended
                            WHERE place > ? OR finished_at < now() - ? * interval '1 second')
                          AND id NOT IN (
                            SELECT retry_of FROM jobs.job
                            WHERE retry_of IS NOT NULL AND NOT planning_finished
                              AND state IN ('PLANNED', 'RUNNING', 'PAUSED'))
                        """)) {
            statement.setInt(1, count);
            statement.setLong(2, age.toSeconds());
            return statement.executeUpdate();
        }
    }
}
