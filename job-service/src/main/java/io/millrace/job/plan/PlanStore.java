package io.millrace.job.plan;

import io.millrace.job.ledger.BatchStore;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.NewBatch;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.job.ledger.SelectionStore;
import io.millrace.job.ledger.Tally;
import io.millrace.job.selection.Selection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The SQL of planning: leases, pages, and batches that are planned again. */
final class PlanStore {

    private final Database database;
    private final Ledger ledger;

    PlanStore(Database database, Ledger ledger) {
        this.database = database;
        this.ledger = ledger;
    }

    /**
     * The right to plan the next page of a job, until the lease ends or is taken.
     *
     * @param selection which of the files below the path
     * @param retryOf whose failed files it is about; empty: what lies below the path
     * @param token fences the step: when the row has another one, nothing is written
     * @param openBatches cut and without a result
     * @param stalled how long planning has got nowhere; zero: it goes on
     */
    record Claim(
            JobId id,
            JobKind kind,
            String path,
            Selection selection,
            Optional<JobId> retryOf,
            String cursor,
            long token,
            long openBatches,
            Duration stalled) {}

    /** Takes the job that has waited longest, when one is free. */
    Optional<Claim> claim(Duration lease) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.job
                            SET lease_token = lease_token + 1,
                                lease_until = now() + ? * interval '1 millisecond'
                            WHERE id = (
                                SELECT id FROM jobs.job
                                WHERE state IN ('PLANNED', 'RUNNING')
                                  AND NOT planning_finished
                                  AND plan_after <= now() AND lease_until <= now()
                                ORDER BY priority DESC, plan_after, id LIMIT 1
                                FOR UPDATE SKIP LOCKED)
                            RETURNING *,
                                (SELECT count(*) FROM jobs.batch b
                                 WHERE b.job_id = job.id) AS open_batches,
                                extract(epoch FROM coalesce(now() - stalled_since, '0'))
                                    AS stalled_seconds
                            """)) {
                statement.setLong(1, lease.toMillis());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(claim(row)) : Optional.empty();
                }
            }
        });
    }

    private static Claim claim(ResultSet row) throws SQLException {
        return new Claim(
                new JobId(row.getString("id")),
                JobKind.valueOf(row.getString("kind")),
                row.getString("path"),
                SelectionStore.read(row),
                Optional.ofNullable(row.getString("retry_of")).map(JobId::new),
                row.getString("walk_cursor"),
                row.getLong("lease_token"),
                row.getLong("open_batches"),
                Duration.ofMillis((long) (row.getDouble("stalled_seconds") * 1000)));
    }

    /**
     * Stores a planned page: its batches, the cursor behind it, the planned counts.
     *
     * @return false: another replica has taken over, or the job was ended; nothing is stored
     */
    boolean commit(Claim claim, Planned planned) {
        return database.transaction(connection -> {
            if (!advance(connection, claim, planned)) {
                return false;
            }
            BatchStore.insert(connection, claim.id(), claim.kind(), planned.batches());
            insertVanished(connection, claim.id(), planned.vanished());
            if (planned.last()) {
                ledger.settle(connection, claim.id());
            }
            return true;
        });
    }

    private static void insertVanished(Connection connection, JobId job, List<Failure> vanished)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO jobs.failure (job_id, path, bytes, code, message, counted)
                        VALUES (?, ?, ?, ?, ?, true)
                        """)) {
            for (Failure failure : vanished) {
                statement.setString(1, job.value());
                statement.setString(2, failure.path());
                statement.setLong(3, failure.bytes());
                statement.setString(4, failure.code().name());
                statement.setString(5, failure.message());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static boolean advance(Connection connection, Claim claim, Planned planned)
            throws SQLException {
        Tally tally = planned.tally();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job
                        SET state = 'RUNNING', started_at = coalesce(started_at, now()),
                            walk_cursor = ?, planning_finished = ?,
                            planned_files = planned_files + ?, planned_bytes = planned_bytes + ?,
                            done_files = done_files + ?, vanished_files = vanished_files + ?,
                            vanished_bytes = vanished_bytes + ?,
                            unselected_files = unselected_files + ?,
                            found_added = found_added + ?, found_changed = found_changed + ?,
                            found_deleted = found_deleted + ?,
                            earlier_at = coalesce(earlier_at, now()),
                            later_at = coalesce(later_at, now()),
                            lease_until = '-infinity', plan_after = now(),
                            stalled_since = NULL, message = ''
                        WHERE id = ? AND lease_token = ? AND state IN ('PLANNED', 'RUNNING')
                        """)) {
            statement.setString(1, planned.nextCursor());
            statement.setBoolean(2, planned.last());
            statement.setLong(3, tally.files());
            statement.setLong(4, tally.bytes());
            statement.setLong(5, planned.listed());
            statement.setLong(6, planned.vanishedTally().files());
            statement.setLong(7, planned.vanishedTally().bytes());
            statement.setLong(8, planned.unselected());
            statement.setLong(9, planned.differences().added());
            statement.setLong(10, planned.differences().changed());
            statement.setLong(11, planned.differences().deleted());
            statement.setString(12, claim.id().value());
            statement.setLong(13, claim.token());
            return statement.executeUpdate() == 1;
        }
    }

    /** Gives the job back, to be planned on after {@code pause}: its batches are many enough. */
    void giveBack(Claim claim, Duration pause) {
        release(claim, pause, "stalled_since = NULL", Optional.empty());
    }

    /** Gives the job back because planning cannot go on now; {@code reason} is shown in the job. */
    void stall(Claim claim, Duration pause, String reason) {
        release(
                claim,
                pause,
                "stalled_since = coalesce(stalled_since, now()), message = ?",
                Optional.of(reason));
    }

    private void release(Claim claim, Duration pause, String assignment, Optional<String> reason) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "UPDATE jobs.job SET lease_until = '-infinity', "
                                    + assignment
                                    + ", plan_after = now() + ? * interval '1 millisecond' "
                                    + "WHERE id = ? AND lease_token = ? "
                                    + "AND state IN ('PLANNED', 'RUNNING')")) {
                int parameter = 1;
                if (reason.isPresent()) {
                    statement.setString(parameter++, reason.get());
                }
                statement.setLong(parameter++, pause.toMillis());
                statement.setString(parameter++, claim.id().value());
                statement.setLong(parameter, claim.token());
                return statement.executeUpdate();
            }
        });
    }

    /** A batch that is due to be planned again. */
    Optional<OpenBatch> dueAgain() {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT b.* FROM jobs.batch b JOIN jobs.job j ON j.id = b.job_id
                            WHERE b.worker_id IS NULL AND b.due_at <= now()
                              AND j.state <> 'PAUSED'
                            ORDER BY j.priority DESC, b.due_at, b.id LIMIT 1
                            """)) {
                return BatchStore.read(statement).stream().findFirst();
            }
        });
    }

    /** Puts what {@code recut} makes of the batch in its place, if it is still there. */
    void replace(OpenBatch batch, Function<OpenBatch, List<NewBatch>> recut) {
        database.transaction(connection -> {
            Optional<BatchStore.HeldJob> job = BatchStore.hold(connection, batch.job());
            Optional<OpenBatch> current = BatchStore.find(connection, batch.id());
            if (job.isPresent() && current.isPresent()) {
                BatchStore.delete(connection, batch.id());
                if (job.get().open()) {
                    BatchStore.insert(
                            connection, batch.job(), job.get().kind(), recut.apply(current.get()));
                }
            }
            return true;
        });
    }

    /** Puts a batch that cannot be planned again yet off. */
    void putOff(OpenBatch batch, Duration pause) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE jobs.batch
                            SET due_at = now() + ? * interval '1 millisecond'
                            WHERE id = ?
                            """)) {
                statement.setLong(1, pause.toMillis());
                statement.setString(2, batch.id());
                return statement.executeUpdate();
            }
        });
    }
}
