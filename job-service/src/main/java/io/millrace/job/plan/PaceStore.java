package io.millrace.job.plan;

import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobKind;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.Optional;

/** The SQL of measured rates. */
final class PaceStore {

    /** Shorter jobs are mostly beginning and end. */
    private static final double SHORTEST_SECONDS = 0.2;

    private static final int JOBS = 20;

    private final Database database;

    PaceStore(Database database) {
        this.database = database;
    }

    /** Of the last jobs that do the same to files and were not limited; empty: there is none. */
    Optional<Pace> recent(JobKind kind) {
        Object[] alike =
                Arrays.stream(JobKind.values())
                        .filter(other -> other == kind || kind.isLoading() && other.isLoading())
                        .map(JobKind::name)
                        .toArray();
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT max(done_files / seconds), max(done_bytes / seconds) FROM (
                                SELECT done_files, done_bytes,
                                       extract(epoch FROM finished_at - started_at) AS seconds
                                FROM jobs.job
                                WHERE kind = ANY (?) AND state IN ('SUCCEEDED', 'PARTIAL')
                                  AND done_files > 0 AND bytes_per_second = 0
                                  AND requests_per_second = 0 AND files_per_worker = 0
                                  AND finished_at - started_at > ? * interval '1 second'
                                ORDER BY id DESC LIMIT ?) recent
                            """)) {
                statement.setArray(1, connection.createArrayOf("text", alike));
                statement.setDouble(2, SHORTEST_SECONDS);
                statement.setInt(3, JOBS);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    double files = row.getDouble(1);
                    return files > 0
                            ? Optional.of(new Pace(files, row.getDouble(2)))
                            : Optional.empty();
                }
            }
        });
    }
}
