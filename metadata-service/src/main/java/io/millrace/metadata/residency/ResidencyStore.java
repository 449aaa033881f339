package io.millrace.metadata.residency;

import io.millrace.metadata.database.Database;
import io.millrace.model.WorkerId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** SQL of what workers say lies on them. */
final class ResidencyStore {

    private final Database database;

    ResidencyStore(Database database) {
        this.database = database;
    }

    /** Replaces what the worker said before; false: it said newer things, or is no live worker. */
    boolean put(Summary summary) {
        return database.transaction(connection -> {
            if (!putHead(connection, summary)) {
                return false;
            }
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "DELETE FROM metadata.residency_directory WHERE worker_id = ?")) {
                statement.setString(1, summary.worker().value());
                statement.executeUpdate();
            }
            putDirectories(connection, summary);
            return true;
        });
    }

    private static boolean putHead(Connection connection, Summary summary) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.residency
                            (worker_id, made_millis, unknown_files, unknown_bytes)
                        SELECT id, ?, ?, ? FROM metadata.worker WHERE id = ? AND NOT lost
                        ON CONFLICT (worker_id) DO UPDATE
                        SET made_millis = excluded.made_millis,
                            unknown_files = excluded.unknown_files,
                            unknown_bytes = excluded.unknown_bytes
                        WHERE residency.made_millis < excluded.made_millis
                        """)) {
            statement.setLong(1, summary.madeMillis());
            statement.setLong(2, summary.unknown().files());
            statement.setLong(3, summary.unknown().bytes());
            statement.setString(4, summary.worker().value());
            return statement.executeUpdate() == 1;
        }
    }

    private static void putDirectories(Connection connection, Summary summary) throws SQLException {
        // Twice the same directory, which no worker says, is added up rather than refused.
        Map<List<Object>, Summary.InDirectory> distinct = new LinkedHashMap<>();
        for (Summary.InDirectory each : summary.directories()) {
            distinct.merge(List.of(each.mountId(), each.directory()), each, ResidencyStore::plus);
        }
        Collection<Summary.InDirectory> all = distinct.values();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.residency_directory
                            (worker_id, mount_id, directory, files, bytes, heat, folded)
                        SELECT ?, * FROM unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[],
                            ?::float8[], ?::boolean[])
                        """)) {
            statement.setString(1, summary.worker().value());
            array(connection, statement, 2, "int8", all.stream().map(d -> d.mountId()).toArray());
            array(connection, statement, 3, "text", all.stream().map(d -> d.directory()).toArray());
            array(
                    connection,
                    statement,
                    4,
                    "int8",
                    all.stream().map(d -> d.amount().files()).toArray());
            array(
                    connection,
                    statement,
                    5,
                    "int8",
                    all.stream().map(d -> d.amount().bytes()).toArray());
            array(connection, statement, 6, "float8", all.stream().map(d -> d.heat()).toArray());
            array(connection, statement, 7, "bool", all.stream().map(d -> d.folded()).toArray());
            statement.executeUpdate();
        }
    }

    private static Summary.InDirectory plus(Summary.InDirectory a, Summary.InDirectory b) {
        return new Summary.InDirectory(
                a.mountId(),
                a.directory(),
                new Summary.Amount(
                        a.amount().files() + b.amount().files(),
                        a.amount().bytes() + b.amount().bytes()),
                a.heat() + b.heat(),
                a.folded() || b.folded());
    }

    private static void array(
            Connection connection,
            PreparedStatement statement,
            int index,
            String type,
            Object[] values)
            throws SQLException {
        statement.setArray(index, connection.createArrayOf(type, values));
    }

    /**
     * What each live worker says of the directory {@code key} of the mounts, and all below it.
     *
     * @param key empty: all of each mount
     */
    List<ResidencyView.OnWorker> of(Collection<Long> mounts, String key) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT w.id, coalesce(r.made_millis, 0) AS made_millis,
                                coalesce(r.unknown_files, 0) AS unknown_files,
                                coalesce(r.unknown_bytes, 0) AS unknown_bytes,
                                coalesce(sum(d.files) FILTER (WHERE d.below), 0) AS files,
                                coalesce(sum(d.bytes) FILTER (WHERE d.below), 0) AS bytes,
                                coalesce(sum(d.heat) FILTER (WHERE d.below), 0) AS heat,
                                coalesce(bool_or(NOT d.below), false) AS coarser
                            FROM metadata.worker w
                            LEFT JOIN metadata.residency r ON r.worker_id = w.id
                            LEFT JOIN LATERAL (
                                SELECT files, bytes, heat,
                                    ? = '' OR directory = ? OR starts_with(directory, ? || '/')
                                        AS below
                                FROM metadata.residency_directory
                                WHERE worker_id = w.id AND mount_id = ANY (?)
                                  AND (? = '' OR directory = ? OR starts_with(directory, ? || '/')
                                    OR (folded
                                        AND (directory = '' OR starts_with(?, directory || '/'))))
                            ) d ON true
                            WHERE NOT w.lost
                            GROUP BY w.id, r.made_millis, r.unknown_files, r.unknown_bytes
                            ORDER BY w.id
                            """)) {
                for (int index : new int[] {1, 2, 3, 5, 6, 7, 8}) {
                    statement.setString(index, key);
                }
                statement.setArray(4, connection.createArrayOf("int8", mounts.toArray()));
                return Database.list(statement, ResidencyStore::onWorker);
            }
        });
    }

    private static ResidencyView.OnWorker onWorker(ResultSet row) throws SQLException {
        return new ResidencyView.OnWorker(
                new WorkerId(row.getString("id")),
                new Summary.Amount(row.getLong("files"), row.getLong("bytes")),
                row.getDouble("heat"),
                row.getLong("made_millis"),
                new Summary.Amount(row.getLong("unknown_files"), row.getLong("unknown_bytes")),
                row.getBoolean("coarser"));
    }

    /** Forgets what lost workers said; how many. */
    int dropLost() {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            DELETE FROM metadata.residency r USING metadata.worker w
                            WHERE w.id = r.worker_id AND w.lost
                            """)) {
                return statement.executeUpdate();
            }
        });
    }
}
