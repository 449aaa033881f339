package io.millrace.job.dispatch;

import io.millrace.job.ledger.BatchStore;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.OpenBatch;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;

/** The SQL of the outbox: which batches are sent next, and which were. */
final class OutboxStore {

    private final Database database;

    OutboxStore(Database database) {
        this.database = database;
    }

    /**
     * Claims batches that are due, of jobs that are not paused, by priority and then oldest first,
     * so that no worker has more than {@code perWorker} without a result. A claim that is not
     * followed up ends after {@code claim}: the batch is then sent by whoever comes, maybe for the
     * second time.
     */
    List<OpenBatch> claim(int limit, int perWorker, Duration claim) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            WITH sent AS (
                                SELECT worker_id, count(*) AS batches FROM jobs.batch
                                WHERE published_at IS NOT NULL OR claimed_until > now()
                                GROUP BY worker_id
                            ), due AS (
                                SELECT b.id, b.due_at, j.priority,
                                       coalesce(s.batches, 0) + row_number() OVER (
                                           PARTITION BY b.worker_id
                                           ORDER BY j.priority DESC, b.due_at, b.id) AS place
                                FROM jobs.batch b
                                JOIN jobs.job j ON j.id = b.job_id
                                LEFT JOIN sent s USING (worker_id)
                                WHERE b.published_at IS NULL AND b.slot IS NOT NULL
                                  AND b.due_at <= now() AND j.state <> 'PAUSED'
                                  AND (b.claimed_until IS NULL OR b.claimed_until <= now())
                            ), next AS (
                                SELECT id FROM due WHERE place <= ?
                                ORDER BY priority DESC, due_at, id LIMIT ?
                            )
                            UPDATE jobs.batch b
                            SET claimed_until = now() + ? * interval '1 millisecond'
                            FROM next
                            WHERE b.id = next.id AND b.published_at IS NULL
                              AND (b.claimed_until IS NULL OR b.claimed_until <= now())
                            RETURNING b.*
                            """)) {
                statement.setInt(1, perWorker);
                statement.setInt(2, limit);
                statement.setLong(3, claim.toMillis());
                return BatchStore.read(statement);
            }
        });
    }

    /** The result may be there already: then there is nothing to note. */
    void sent(OpenBatch batch) {
        update(
                batch,
                "UPDATE jobs.batch SET published_at = now(), claimed_until = NULL "
                        + "WHERE id = ? AND attempt = ?");
    }

    void failed(OpenBatch batch, Duration pause) {
        update(
                batch,
                "UPDATE jobs.batch SET claimed_until = NULL, due_at = now() + "
                        + pause.toMillis()
                        + " * interval '1 millisecond' WHERE id = ? AND attempt = ?");
    }

    private void update(OpenBatch batch, String sql) {
        database.transaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, batch.id());
                statement.setInt(2, batch.attempt());
                return statement.executeUpdate();
            }
        });
    }
}
