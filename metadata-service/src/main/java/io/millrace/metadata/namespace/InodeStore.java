package io.millrace.metadata.namespace;

import io.millrace.metadata.database.Database;
import io.millrace.model.FileSource;
import io.millrace.model.ObjectAttributes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** SQL that reads the namespace, and deletes what is no longer reachable. */
final class InodeStore {

    private static final String COLUMNS =
            " i.id, i.parent_id, i.name, i.kind, i.mount_id, i.key, i.object_version, i.length,"
                    + " i.modified_millis, i.listed_millis, i.uid, i.gid, i.permissions,"
                    + " i.mtime_millis, i.listed_number ";

    private final Database database;

    InodeStore(Database database) {
        this.database = database;
    }

    /** A directory and what was found in it. */
    record Found(Inode.Directory directory, Optional<Inode> entry) {}

    /** Sums over the entries of one directory. */
    record Sums(long files, long bytes, long directories) {}

    /** The inodes from the root along {@code names}, as far as they are in the table. */
    List<Inode> resolve(List<String> names) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            WITH RECURSIVE path AS (
                                SELECT 0 AS depth, r.* FROM metadata.inode r WHERE r.id = 1
                                UNION ALL
                                SELECT p.depth + 1, c.*
                                FROM path p JOIN metadata.inode c
                                    ON c.parent_id = p.id
                                    AND c.name = (?::text[])[p.depth + 1])
                            SELECT\
                            """
                                    + COLUMNS
                                    + "FROM path i ORDER BY i.depth")) {
                statement.setArray(1, connection.createArrayOf("text", names.toArray()));
                return inodes(statement, null);
            }
        });
    }

    Optional<Inode.Directory> directory(long id) {
        return database.read(connection -> directory(connection, id));
    }

    private static Optional<Inode.Directory> directory(Connection connection, long id)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT"
                                + COLUMNS
                                + "FROM metadata.inode i WHERE i.id = ?"
                                + " AND i.kind = 2")) {
            statement.setLong(1, id);
            return Database.first(statement, InodeStore::directoryRow);
        }
    }

    /** Empty: there is no such directory. */
    Optional<Found> lookup(long directoryId, String name) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT"
                                    + COLUMNS
                                    + """
                                    FROM (
                                        SELECT 0 AS depth, d.* FROM metadata.inode d
                                        WHERE d.id = ? AND d.kind = 2
                                        UNION ALL
                                        SELECT 1, c.* FROM metadata.inode c
                                        WHERE c.parent_id = ? AND c.name = ?) AS i
                                    ORDER BY i.depth
                                    """)) {
                statement.setLong(1, directoryId);
                statement.setLong(2, directoryId);
                statement.setString(3, name);
                List<Inode> found = inodes(statement, null);
                return !found.isEmpty()
                                && found.getFirst() instanceof Inode.Directory directory
                                && directory.id() == directoryId
                        ? Optional.of(new Found(directory, found.stream().skip(1).findFirst()))
                        : Optional.empty();
            }
        });
    }

    /** Entries of {@code directory} after {@code name}, in name order. */
    List<Inode> entries(Inode.Directory directory, String name, int limit) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT"
                                    + COLUMNS
                                    + """
                                    FROM metadata.inode i
                                    WHERE i.parent_id = ? AND i.name > ?
                                    ORDER BY i.name LIMIT ?
                                    """)) {
                statement.setLong(1, directory.id());
                statement.setString(2, name);
                statement.setInt(3, limit);
                return inodes(statement, directory);
            }
        });
    }

    /** Directories in {@code directory} after {@code name}, in name order. */
    List<Inode.Directory> directories(long directory, String name, int limit) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT"
                                    + COLUMNS
                                    + """
                                    FROM metadata.inode i
                                    WHERE i.parent_id = ? AND i.kind = 2
                                        AND i.name || '/' > ?
                                    ORDER BY i.name || '/' LIMIT ?
                                    """)) {
                statement.setLong(1, directory);
                statement.setString(2, name);
                statement.setInt(3, limit);
                return Database.list(statement, InodeStore::directoryRow);
            }
        });
    }

    Sums sums(long directory) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT count(*) FILTER (WHERE kind = 1),
                                coalesce(sum(length), 0)::bigint,
                                count(*) FILTER (WHERE kind = 2)
                            FROM metadata.inode WHERE parent_id = ?
                            """)) {
                statement.setLong(1, directory);
                return Database.first(
                                statement,
                                row -> new Sums(row.getLong(1), row.getLong(2), row.getLong(3)))
                        .orElseThrow();
            }
        });
    }

    /**
     * Deletes up to {@code limit} inodes below one directory that is no longer reachable. False:
     * there is none. Several processes take different ones.
     */
    boolean reap(int limit) {
        return database.transaction(connection -> {
            Optional<Long> orphan;
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT inode_id FROM metadata.orphan LIMIT 1 FOR UPDATE SKIP"
                                    + " LOCKED")) {
                orphan = Database.first(statement, row -> row.getLong(1));
            }
            if (orphan.isEmpty()) {
                return false;
            }
            if (reapEntries(connection, orphan.get(), limit) < limit) {
                execute(
                        connection,
                        "DELETE FROM metadata.hidden_key WHERE directory_id = ?",
                        orphan.get());
                execute(connection, "DELETE FROM metadata.orphan WHERE inode_id = ?", orphan.get());
            }
            return true;
        });
    }

    private static int reapEntries(Connection connection, long orphan, int limit)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        WITH gone AS (
                            DELETE FROM metadata.inode WHERE id IN (
                                SELECT id FROM metadata.inode WHERE parent_id = ? LIMIT ?)
                            RETURNING id, kind),
                        orphaned AS (
                            INSERT INTO metadata.orphan SELECT id FROM gone WHERE kind = 2
                            ON CONFLICT DO NOTHING)
                        SELECT count(*) FROM gone
                        """)) {
            statement.setLong(1, orphan);
            statement.setInt(2, limit);
            return Database.first(statement, row -> row.getInt(1)).orElse(0);
        }
    }

    private static void execute(Connection connection, String sql, long id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, id);
            statement.executeUpdate();
        }
    }

    /** Reads rows that are in {@code parent}, or, when it is null, each in the one before. */
    private static List<Inode> inodes(PreparedStatement statement, Inode.@Nullable Directory parent)
            throws SQLException {
        List<Inode> inodes = new ArrayList<>();
        Inode.Directory in = parent;
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                if (row.getInt(4) == 2) {
                    Inode.Directory directory = directoryRow(row);
                    inodes.add(directory);
                    if (parent == null) {
                        in = directory;
                    }
                } else {
                    if (in == null) {
                        // Its directory is gone and it is about to be.
                        break;
                    }
                    inodes.add(fileRow(row, in));
                }
            }
        }
        return inodes;
    }

    private static Inode.File fileRow(ResultSet row, Inode.Directory parent) throws SQLException {
        String name = row.getString(3);
        ObjectAttributes attributes =
                new ObjectAttributes(
                        row.getObject(11, Long.class),
                        row.getObject(12, Long.class),
                        row.getObject(13, Integer.class),
                        row.getObject(14, Long.class));
        return new Inode.File(
                row.getLong(1),
                row.getLong(2),
                name,
                attributes.modifiedMillis() instanceof Long said ? said : row.getLong(9),
                new FileSource(
                        row.getLong(5), parent.keyOf(name), row.getString(7), row.getLong(8)),
                attributes);
    }

    private static Inode.Directory directoryRow(ResultSet row) throws SQLException {
        long listed = row.getLong(10);
        boolean never = row.wasNull();
        return new Inode.Directory(
                row.getLong(1),
                row.getLong(2),
                row.getString(3),
                row.getLong(9),
                row.getLong(5),
                row.getString(6),
                never ? -1 : listed,
                row.getLong(15));
    }
}
