package io.millrace.metadata.namespace;

import io.millrace.metadata.database.Database;
import io.millrace.metadata.namespace.DirectoryDiff.Known;
import io.millrace.understore.ObjectStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL that reads and writes the entries of a directory, as part of a transaction of the caller. */
final class EntryStore {

    /** Rows of a directory, the first parameter, as {@link #knownRow} reads them. */
    static final String KNOWN_ROWS =
            """
            SELECT id, name, kind, object_version, length, modified_millis
            FROM metadata.inode WHERE parent_id = ?\
            """;

    private EntryStore() {}

    /** Rows of {@code directory} that have these names and this kind, by id. */
    static Map<Long, Known> byName(Connection connection, long directory, String[] names, int kind)
            throws SQLException {
        Map<Long, Known> known = new LinkedHashMap<>();
        if (names.length == 0) {
            return known;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(KNOWN_ROWS + " AND name = ANY (?) AND kind = ?")) {
            statement.setLong(1, directory);
            statement.setArray(2, connection.createArrayOf("text", names));
            statement.setInt(3, kind);
            Database.list(statement, EntryStore::knownRow).forEach(row -> known.put(row.id(), row));
        }
        return known;
    }

    /** The row of {@code directory} that has this name, if there is one. */
    static List<Known> named(Connection connection, long directory, String name)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(KNOWN_ROWS + " AND name = ?")) {
            statement.setLong(1, directory);
            statement.setString(2, name);
            return Database.list(statement, EntryStore::knownRow);
        }
    }

    static Known knownRow(ResultSet row) throws SQLException {
        String version = row.getString(4);
        return new Known(
                row.getLong(1),
                row.getString(2),
                row.getInt(3) == 2,
                version == null ? "" : version,
                row.getLong(5),
                row.getLong(6));
    }

    /**
     * Writes what {@code diff} says, but for hidden keys and the change log.
     *
     * @param number of the listing or look that it comes from
     */
    static void write(
            Connection connection, Inode.Directory directory, DirectoryDiff diff, long number)
            throws SQLException {
        if (diff.isEmpty()) {
            return;
        }
        SyncStore.note(connection, directory.id(), diff, number);
        delete(connection, diff.deletedFiles());
        if (!diff.deletedDirectories().isEmpty()) {
            orphan(connection, diff.deletedDirectories());
            delete(connection, diff.deletedDirectories());
        }
        update(connection, diff.changedFiles(), number);
        insertDirectories(connection, directory, diff.newDirectories());
        insertFiles(connection, directory, diff.newFiles(), number);
    }

    private static void delete(Connection connection, List<Long> ids) throws SQLException {
        if (ids.isEmpty()) {
            return;
        }
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM metadata.inode WHERE id = ANY (?)")) {
            statement.setArray(1, connection.createArrayOf("int8", ids.toArray()));
            statement.executeUpdate();
        }
    }

    private static void orphan(Connection connection, List<Long> ids) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "INSERT INTO metadata.orphan SELECT unnest(?::bigint[]) ON CONFLICT DO"
                                + " NOTHING")) {
            statement.setArray(1, connection.createArrayOf("int8", ids.toArray()));
            statement.executeUpdate();
        }
    }

    private static void update(Connection connection, Map<Long, ObjectStatus> files, long number)
            throws SQLException {
        if (files.isEmpty()) {
            return;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE metadata.inode AS i
                        SET object_version = u.version, length = u.length,
                            modified_millis = u.modified, uid = u.uid, gid = u.gid,
                            permissions = u.permissions, mtime_millis = u.mtime,
                            changed_number = ?
                        FROM unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[],
                                ?::bigint[], ?::bigint[], ?::integer[], ?::bigint[])
                            AS u(id, version, length, modified, uid, gid, permissions, mtime)
                        WHERE i.id = u.id
                        """)) {
            statement.setLong(1, number);
            statement.setArray(2, connection.createArrayOf("int8", files.keySet().toArray()));
            setStatuses(connection, statement, 3, List.copyOf(files.values()));
            statement.executeUpdate();
        }
    }

    private static void insertDirectories(
            Connection connection, Inode.Directory directory, List<String> names)
            throws SQLException {
        if (names.isEmpty()) {
            return;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.inode
                            (parent_id, name, kind, mount_id, key, modified_millis)
                        SELECT ?, u.name, 2, ?, ? || u.name, ? FROM unnest(?::text[]) AS u(name)
                        """)) {
            statement.setLong(1, directory.id());
            statement.setLong(2, directory.mountId());
            statement.setString(3, directory.prefix());
            statement.setLong(4, directory.modifiedMillis());
            statement.setArray(5, connection.createArrayOf("text", names.toArray()));
            statement.executeUpdate();
        }
    }

    private static void insertFiles(
            Connection connection, Inode.Directory directory, List<ObjectStatus> files, long number)
            throws SQLException {
        if (files.isEmpty()) {
            return;
        }
        int prefix = directory.prefix().length();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.inode (parent_id, name, kind, mount_id,
                            object_version, length, modified_millis, uid, gid, permissions,
                            mtime_millis, found_number)
                        SELECT ?, u.name, 1, ?, u.version, u.length, u.modified, u.uid, u.gid,
                            u.permissions, u.mtime, ?
                        FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[],
                                ?::bigint[], ?::bigint[], ?::integer[], ?::bigint[])
                            AS u(name, version, length, modified, uid, gid, permissions, mtime)
                        """)) {
            statement.setLong(1, directory.id());
            statement.setLong(2, directory.mountId());
            statement.setLong(3, number);
            statement.setArray(
                    4,
                    connection.createArrayOf(
                            "text",
                            files.stream().map(file -> file.key().substring(prefix)).toArray()));
            setStatuses(connection, statement, 5, files);
            statement.executeUpdate();
        }
    }

    /** Seven arrays from parameter {@code first} on, in the order of a file's columns. */
    private static void setStatuses(
            Connection connection, PreparedStatement statement, int first, List<ObjectStatus> files)
            throws SQLException {
        record Column(String type, Function<ObjectStatus, @Nullable Object> value) {}
        List<Column> columns =
                List.of(
                        new Column("text", ObjectStatus::objectVersion),
                        new Column("int8", ObjectStatus::length),
                        new Column("int8", file -> file.modified().toEpochMilli()),
                        new Column("int8", file -> file.attributes().uid()),
                        new Column("int8", file -> file.attributes().gid()),
                        new Column("int4", file -> file.attributes().permissions()),
                        new Column("int8", file -> file.attributes().modifiedMillis()));
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            statement.setArray(
                    first + i,
                    connection.createArrayOf(
                            column.type(), files.stream().map(column.value()).toArray()));
        }
    }
}
