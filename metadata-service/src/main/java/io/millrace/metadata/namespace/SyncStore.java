package io.millrace.metadata.namespace;

import io.millrace.metadata.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;

/**
 * SQL that tells what has been found in a directory since a moment. Moments are numbers that
 * listings and looks draw before they ask the bucket, so that no clocks are compared.
 */
final class SyncStore {

    private final Database database;

    SyncStore(Database database) {
        this.database = database;
    }

    /** Remembers how many files {@code diff} deletes, before it does. */
    static void note(Connection connection, long directory, DirectoryDiff diff, long number)
            throws SQLException {
        long files = diff.deletedFiles().size() + below(connection, diff);
        if (files == 0) {
            return;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.deletion (directory_id, number, files)
                        VALUES (?, ?, ?)
                        ON CONFLICT (directory_id, number) DO UPDATE
                        SET files = deletion.files + excluded.files
                        """)) {
            statement.setLong(1, directory);
            statement.setLong(2, number);
            statement.setLong(3, files);
            statement.executeUpdate();
        }
    }

    private static long below(Connection connection, DirectoryDiff diff) throws SQLException {
        if (diff.deletedDirectories().isEmpty()) {
            return 0;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        WITH RECURSIVE gone AS (
                            SELECT u.id FROM unnest(?::bigint[]) AS u(id)
                            UNION ALL
                            SELECT i.id FROM gone g JOIN metadata.inode i
                                ON i.parent_id = g.id AND i.kind = 2)
                        SELECT count(*) FROM gone g JOIN metadata.inode i
                            ON i.parent_id = g.id AND i.kind = 1
                        """)) {
            statement.setArray(
                    1, connection.createArrayOf("int8", diff.deletedDirectories().toArray()));
            return Database.first(statement, row -> row.getLong(1)).orElse(0L);
        }
    }

    /** What was found of the files of {@code directory} by what began after {@code number}. */
    Walk.Differences since(long directory, long number) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT count(*) FILTER (WHERE found_number > ?),
                                count(*) FILTER (WHERE changed_number > ?
                                    AND coalesce(found_number, 0) <= ?),
                                (SELECT coalesce(sum(files), 0)::bigint FROM metadata.deletion
                                 WHERE directory_id = ? AND number > ?)
                            FROM metadata.inode WHERE parent_id = ? AND kind = 1
                            """)) {
                statement.setLong(1, number);
                statement.setLong(2, number);
                statement.setLong(3, number);
                statement.setLong(4, directory);
                statement.setLong(5, number);
                statement.setLong(6, directory);
                return Database.first(
                                statement,
                                row ->
                                        new Walk.Differences(
                                                row.getLong(1), row.getLong(2), row.getLong(3)))
                        .orElseThrow();
            }
        });
    }

    /** Forgets up to {@code limit} deletions that are older than {@code keep}. */
    void prune(Duration keep, int limit) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            DELETE FROM metadata.deletion WHERE (directory_id, number) IN (
                                SELECT directory_id, number FROM metadata.deletion
                                WHERE deleted < clock_timestamp() - ? * interval '1 millisecond'
                                ORDER BY deleted LIMIT ?)
                            """)) {
                statement.setLong(1, keep.toMillis());
                statement.setInt(2, limit);
                return statement.executeUpdate();
            }
        });
    }
}
