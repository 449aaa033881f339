package io.millrace.job.result;

import io.millrace.job.ledger.BatchStore;
import io.millrace.job.ledger.OpenBatch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** The SQL of batches that were sent and have had no result for too long. */
final class LateBatchStore {

    private static final int AT_ONCE = 100;

    private LateBatchStore() {}

    static List<OpenBatch> find(Connection connection, Duration timeout) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT * FROM jobs.batch
                        WHERE published_at < now() - ? * interval '1 millisecond'
                        ORDER BY published_at LIMIT ?
                        """)) {
            statement.setLong(1, timeout.toMillis());
            statement.setInt(2, AT_ONCE);
            return BatchStore.read(statement);
        }
    }

    static void sendAgain(Connection connection, OpenBatch batch) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.batch
                        SET attempt = attempt + 1, published_at = NULL, claimed_until = NULL,
                            due_at = now()
                        WHERE id = ?
                        """)) {
            statement.setString(1, batch.id());
            statement.executeUpdate();
        }
    }
}
