package io.millrace.job.pins;

import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Tally;
import io.millrace.job.plan.Estimate;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The SQL of pins. */
final class PinStore {

    private final Database database;

    PinStore(Database database) {
        this.database = database;
    }

    /**
     * The right to look at a path, until the lease ends.
     *
     * @param mayLoad whether a load may be wanted now, if something is missing
     */
    record Claim(String path, boolean mayLoad) {}

    /** Makes the rows be those of {@code paths}. */
    void keepOnly(Collection<String> paths) {
        database.transaction(connection -> {
            String[] array = paths.toArray(String[]::new);
            try (PreparedStatement gone =
                            connection.prepareStatement(
                                    "DELETE FROM jobs.pin WHERE path <> ALL (?)");
                    PreparedStatement added =
                            connection.prepareStatement(
                                    "INSERT INTO jobs.pin (path) SELECT unnest(?)"
                                            + " ON CONFLICT DO NOTHING")) {
                gone.setArray(1, connection.createArrayOf("text", array));
                added.setArray(1, connection.createArrayOf("text", array));
                return gone.executeUpdate() + added.executeUpdate();
            }
        });
    }

    /** Takes the path that was looked at longest ago, when one is due and not being loaded. */
    Optional<Claim> claim(long ringEpoch, Duration every, Duration lease) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.pin
                            SET lease_until = now() + ? * interval '1 millisecond'
                            WHERE path = (
                                SELECT p.path
                                FROM jobs.pin p LEFT JOIN jobs.job j ON j.id = p.job_id
                                WHERE p.lease_until <= now()
                                  AND (j.id IS NULL OR j.finished_at IS NOT NULL)
                                  AND (p.checked_at IS NULL
                                       OR p.checked_at <= now() - ? * interval '1 millisecond'
                                       OR p.ring_epoch <> ?
                                       OR j.finished_at > p.checked_at)
                                ORDER BY p.checked_at NULLS FIRST, p.path LIMIT 1
                                FOR UPDATE OF p SKIP LOCKED)
                            RETURNING path,
                                ring_epoch <> ?
                                OR loaded_at <= now() - ? * interval '1 millisecond'
                            """)) {
                statement.setLong(1, lease.toMillis());
                statement.setLong(2, every.toMillis());
                statement.setLong(3, ringEpoch);
                statement.setLong(4, ringEpoch);
                statement.setLong(5, every.toMillis());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Claim(row.getString(1), row.getBoolean(2)))
                            : Optional.empty();
                }
            }
        });
    }

    /** What was seen. */
    void seen(Claim claim, long ringEpoch, Estimate estimate) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.pin SET total_files = ?, total_bytes = ?,
                                resident_files = ?, resident_bytes = ?, checked_at = now(),
                                ring_epoch = ?, message = '', lease_until = '-infinity'
                            WHERE path = ?
                            """)) {
                statement.setLong(1, estimate.total().files());
                statement.setLong(2, estimate.total().bytes());
                statement.setLong(3, estimate.resident().files());
                statement.setLong(4, estimate.resident().bytes());
                statement.setLong(5, ringEpoch);
                statement.setString(6, claim.path());
                return statement.executeUpdate();
            }
        });
    }

    /** The path cannot be looked at, and will not be before its time. */
    void failed(Claim claim, long ringEpoch, String message) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.pin SET checked_at = now(), ring_epoch = ?, message = ?,
                                lease_until = '-infinity'
                            WHERE path = ?
                            """)) {
                statement.setLong(1, ringEpoch);
                statement.setString(2, message);
                statement.setString(3, claim.path());
                return statement.executeUpdate();
            }
        });
    }

    /** Lets the path be looked at again after {@code pause}. */
    void giveBack(Claim claim, Duration pause) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "UPDATE jobs.pin SET lease_until = now() + ? * interval '1"
                                    + " millisecond' WHERE path = ?")) {
                statement.setLong(1, pause.toMillis());
                statement.setString(2, claim.path());
                return statement.executeUpdate();
            }
        });
    }

    void loading(Claim claim, JobId job) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "UPDATE jobs.pin SET job_id = ?, loaded_at = now() WHERE path = ?")) {
                statement.setString(1, job.value());
                statement.setString(2, claim.path());
                return statement.executeUpdate();
            }
        });
    }

    /** All, by path. */
    List<Pin> all() {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                            connection.prepareStatement(
                                    """
                                    SELECT p.*, coalesce(j.message, '') AS job_message
                                    FROM jobs.pin p LEFT JOIN jobs.job j ON j.id = p.job_id
                                    ORDER BY p.path
                                    """);
                    ResultSet row = statement.executeQuery()) {
                List<Pin> pins = new ArrayList<>();
                while (row.next()) {
                    pins.add(pin(row));
                }
                return pins;
            }
        });
    }

    private static Pin pin(ResultSet row) throws SQLException {
        Tally total = new Tally(row.getLong("total_files"), row.getLong("total_bytes"));
        Tally resident = new Tally(row.getLong("resident_files"), row.getLong("resident_bytes"));
        String message = row.getString("message");
        boolean lacks = !resident.equals(total);
        return new Pin(
                row.getString("path"),
                total,
                resident,
                Optional.ofNullable(row.getTimestamp("checked_at")).map(Timestamp::toInstant),
                Optional.ofNullable(row.getString("job_id")).map(JobId::new),
                message.isEmpty() && lacks ? row.getString("job_message") : message);
    }
}
