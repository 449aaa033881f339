package io.millrace.job.schedule;

import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Require;
import io.millrace.job.ledger.SelectionStore;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The SQL of schedules. */
final class ScheduleStore {

    private static final String ASSIGNED =
            "cron, zone, jitter_millis, overlap, kind, path, min_age_millis, max_age_millis,"
                    + " priority, bytes_per_second, requests_per_second, files_per_worker,"
                    + " require_millionths, deadline_millis, paused, planned_at, due_at, "
                    + SelectionStore.COLUMNS;

    private static final String PARAMETERS =
            "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

    private final Database database;

    ScheduleStore(Database database) {
        this.database = database;
    }

    /** The right to act for a schedule, until the lease ends or is taken. */
    record Claim(Schedule schedule, Instant planned, boolean waiting, long token) {}

    /**
     * False: the name is taken.
     *
     * @param most how many there may be
     * @throws MillraceException BUSY when there are as many
     */
    boolean insert(Schedule schedule, int most) {
        return database.transaction(connection -> {
            try (PreparedStatement count =
                            connection.prepareStatement("SELECT count(*) FROM jobs.schedule");
                    ResultSet row = count.executeQuery()) {
                row.next();
                if (row.getLong(1) >= most) {
                    throw new MillraceException(
                            ErrorCode.BUSY,
                            "there are "
                                    + most
                                    + " schedules already (millrace.jobs.max-schedules)");
                }
            }
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "INSERT INTO jobs.schedule (name, "
                                    + ASSIGNED
                                    + ") VALUES (?, "
                                    + PARAMETERS
                                    + ") ON CONFLICT DO NOTHING")) {
                statement.setString(1, schedule.name());
                set(statement, 2, schedule);
                return statement.executeUpdate() == 1;
            }
        });
    }

    /** Replaces what was asked for; {@code revision} as of {@link #requireRevision}. */
    Schedule replace(Schedule schedule, OptionalLong revision) {
        return database.transaction(connection -> {
            requireRevision(held(connection, schedule.name()), revision);
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "UPDATE jobs.schedule SET ("
                                    + ASSIGNED
                                    + ") = ("
                                    + PARAMETERS
                                    + "), revision = revision + 1, waiting = false,"
                                    + " lease_token = lease_token + 1, lease_until = '-infinity'"
                                    + " WHERE name = ?")) {
                int next = set(statement, 1, schedule);
                statement.setString(next, schedule.name());
                statement.executeUpdate();
            }
            return held(connection, schedule.name());
        });
    }

    private static int set(PreparedStatement statement, int parameter, Schedule schedule)
            throws SQLException {
        int next = parameter;
        ScheduledJob job = schedule.job();
        Timetable timetable = schedule.timetable();
        statement.setString(next++, timetable.cron());
        statement.setString(next++, timetable.zone().getId());
        statement.setLong(next++, timetable.jitter().toMillis());
        statement.setString(next++, schedule.overlap().name());
        statement.setString(next++, job.kind().name());
        statement.setString(next++, job.path().toString());
        setMillis(statement, next++, job.minAge());
        setMillis(statement, next++, job.maxAge());
        statement.setInt(next++, job.controls().priority());
        statement.setLong(next++, job.controls().bytesPerSecond());
        statement.setLong(next++, job.controls().requestsPerSecond());
        statement.setInt(next++, job.controls().filesPerWorker());
        statement.setInt(next++, job.controls().require().millionths());
        setMillis(statement, next++, job.deadlineAfter());
        statement.setBoolean(next++, schedule.paused());
        next = setTimes(statement, next, schedule, schedule.next());
        return SelectionStore.set(statement, next, job.selection());
    }

    private static int setTimes(
            PreparedStatement statement,
            int parameter,
            Schedule schedule,
            Optional<Instant> planned)
            throws SQLException {
        statement.setTimestamp(parameter, planned.map(Timestamp::from).orElse(null));
        statement.setTimestamp(
                parameter + 1,
                planned.map(at -> schedule.timetable().withJitter(schedule.name(), at))
                        .map(Timestamp::from)
                        .orElse(null));
        return parameter + 2;
    }

    private static void setMillis(
            PreparedStatement statement, int parameter, Optional<Duration> time)
            throws SQLException {
        if (time.isPresent()) {
            statement.setLong(parameter, time.get().toMillis());
        } else {
            statement.setNull(parameter, Types.BIGINT);
        }
    }

    /** By name. */
    List<Schedule> all() {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                            connection.prepareStatement(
                                    "SELECT * FROM jobs.schedule ORDER BY name");
                    ResultSet rows = statement.executeQuery()) {
                List<Schedule> schedules = new ArrayList<>();
                while (rows.next()) {
                    schedules.add(schedule(rows));
                }
                return schedules;
            }
        });
    }

    Schedule find(String name) {
        return database.transaction(connection -> held(connection, name));
    }

    void delete(String name, OptionalLong revision) {
        database.transaction(connection -> {
            requireRevision(held(connection, name), revision);
            try (PreparedStatement statement =
                    connection.prepareStatement("DELETE FROM jobs.schedule WHERE name = ?")) {
                statement.setString(1, name);
                return statement.executeUpdate();
            }
        });
    }

    private static Schedule held(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT * FROM jobs.schedule WHERE name = ? FOR UPDATE")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    return schedule(row);
                }
            }
        }
        throw new MillraceException(ErrorCode.NOT_FOUND, "there is no schedule '" + name + "'");
    }

    private static void requireRevision(Schedule schedule, OptionalLong revision) {
        if (revision.isPresent() && revision.getAsLong() != schedule.revision()) {
            throw new MillraceException(
                    ErrorCode.STALE_VERSION,
                    "schedule %s has revision %d, not %d"
                            .formatted(schedule.name(), schedule.revision(), revision.getAsLong()));
        }
    }

    /** Takes the schedule that is due for longest, when one is free. */
    Optional<Claim> claim(Instant now, Duration lease) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.schedule
                            SET lease_token = lease_token + 1,
                                lease_until = now() + ? * interval '1 millisecond'
                            WHERE name = (
                                SELECT name FROM jobs.schedule
                                WHERE NOT paused AND due_at <= ? AND lease_until <= now()
                                ORDER BY due_at, name LIMIT 1
                                FOR UPDATE SKIP LOCKED)
                            RETURNING *
                            """)) {
                statement.setLong(1, lease.toMillis());
                statement.setTimestamp(2, Timestamp.from(now));
                try (ResultSet row = statement.executeQuery()) {
                    return row.next()
                            ? Optional.of(
                                    new Claim(
                                            schedule(row),
                                            row.getTimestamp("planned_at").toInstant(),
                                            row.getBoolean("waiting"),
                                            row.getLong("lease_token")))
                            : Optional.empty();
                }
            }
        });
    }

    /** Notes what became of the claimed time, and sets the next one. */
    void advance(Claim claim, Schedule.Last last, Optional<Instant> next) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.schedule
                            SET planned_at = ?, due_at = ?, waiting = false,
                                lease_until = '-infinity', last_planned_at = ?, last_job_id = ?,
                                last_message = ?
                            WHERE name = ? AND lease_token = ?
                            """)) {
                int parameter = setTimes(statement, 1, claim.schedule(), next);
                statement.setTimestamp(parameter++, Timestamp.from(last.planned()));
                statement.setString(parameter++, last.job().map(JobId::value).orElse(null));
                statement.setString(parameter++, last.message());
                statement.setString(parameter++, claim.schedule().name());
                statement.setLong(parameter, claim.token());
                return statement.executeUpdate();
            }
        });
    }

    /** Gives the schedule back, to be looked at again at {@code due}: its time has not passed. */
    void wait(Claim claim, Instant due, boolean waiting) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.schedule
                            SET due_at = ?, waiting = ?, lease_until = '-infinity'
                            WHERE name = ? AND lease_token = ?
                            """)) {
                statement.setTimestamp(1, Timestamp.from(due));
                statement.setBoolean(2, waiting);
                statement.setString(3, claim.schedule().name());
                statement.setLong(4, claim.token());
                return statement.executeUpdate();
            }
        });
    }

    private static Schedule schedule(ResultSet row) throws SQLException {
        boolean paused = row.getBoolean("paused");
        Optional<Instant> last =
                Optional.ofNullable(row.getTimestamp("last_planned_at")).map(Timestamp::toInstant);
        Optional<JobId> lastJob = Optional.ofNullable(row.getString("last_job_id")).map(JobId::new);
        String lastMessage = row.getString("last_message");
        return new Schedule(
                row.getString("name"),
                new Timetable(
                        row.getString("cron"),
                        ZoneId.of(row.getString("zone")),
                        Duration.ofMillis(row.getLong("jitter_millis"))),
                Overlap.valueOf(row.getString("overlap")),
                job(row),
                paused,
                paused
                        ? Optional.empty()
                        : Optional.ofNullable(row.getTimestamp("planned_at"))
                                .map(Timestamp::toInstant),
                last.map(at -> new Schedule.Last(at, lastJob, lastMessage)),
                row.getLong("revision"));
    }

    private static ScheduledJob job(ResultSet row) throws SQLException {
        return new ScheduledJob(
                JobKind.valueOf(row.getString("kind")),
                NamespacePath.parse(row.getString("path")),
                SelectionStore.read(row),
                millis(row, "min_age_millis"),
                millis(row, "max_age_millis"),
                new Controls(
                        row.getInt("priority"),
                        row.getLong("bytes_per_second"),
                        row.getLong("requests_per_second"),
                        row.getInt("files_per_worker"),
                        new Require(row.getInt("require_millionths")),
                        Optional.empty()),
                millis(row, "deadline_millis"));
    }

    private static Optional<Duration> millis(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
    }
}
