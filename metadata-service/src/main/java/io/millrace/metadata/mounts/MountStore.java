package io.millrace.metadata.mounts;

import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.database.Database;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** SQL of the mount table, and of the directories above mounts. */
final class MountStore {

    private static final String COLUMNS =
            "id, path, uri, endpoint, region, path_style, credentials, freshness, max_age_millis,"
                    + " block_bytes, direct_fallback, object_attributes, created_millis,"
                    + " root_inode_id, trusted_from_millis";
    private static final long ROOT = 1;

    private final Database database;

    MountStore(Database database) {
        this.database = database;
    }

    List<Mount> all() {
        return database.read(MountStore::all);
    }

    private static List<Mount> all(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT " + COLUMNS + " FROM metadata.mount ORDER BY path")) {
            return Database.list(statement, MountStore::mount);
        }
    }

    /** Stores the mount and its inode, and the directories above it that are missing. */
    Mount add(MountRequest request, long nowMillis) {
        return database.transaction(connection -> {
            lockTable(connection);
            MountTable.checkFree(request.path(), all(connection));
            List<Change> changes = new ArrayList<>();
            long parent = ROOT;
            for (String name : request.path().parent().components()) {
                Optional<Long> known = child(connection, parent, name);
                if (known.isPresent()) {
                    parent = known.get();
                } else {
                    changes.add(new Change.Name(parent, name, 0));
                    parent = insertDirectory(connection, parent, name, nowMillis);
                }
            }
            String name = request.path().name();
            changes.add(new Change.Name(parent, name, 0));
            long root = insertDirectory(connection, parent, name, nowMillis);
            Mount mount = insert(connection, request, root, nowMillis);
            setMount(connection, root, mount.id());
            changes.add(new Change.Mounts());
            ChangeLogStore.append(connection, changes);
            return mount;
        });
    }

    /** Takes the mount out of the table and the namespace; what lay below is deleted later. */
    Mount remove(NamespacePath path) {
        return database.transaction(connection -> {
            lockTable(connection);
            Mount mount =
                    delete(connection, path)
                            .orElseThrow(() ->
                                    new MillraceException(
                                            ErrorCode.NOT_FOUND, "there is no mount at " + path));
            List<Change> changes = new ArrayList<>();
            long parent = deleteInode(connection, mount.rootInodeId(), changes);
            orphan(connection, mount.rootInodeId());
            while (parent != ROOT && isEmpty(connection, parent)) {
                parent = deleteInode(connection, parent, changes);
            }
            changes.add(new Change.Mounts());
            // Those of its paths went with it.
            changes.add(new Change.Policies());
            ChangeLogStore.append(connection, changes);
            return mount;
        });
    }

    /** What was listed of these mounts before {@code millis} is listed again before it is told. */
    void distrust(List<Long> ids, long millis) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.mount SET trusted_from_millis = ?
                            WHERE id = ANY (?) AND trusted_from_millis < ?
                            """)) {
                statement.setLong(1, millis);
                statement.setArray(2, connection.createArrayOf("int8", ids.toArray()));
                statement.setLong(3, millis);
                if (statement.executeUpdate() > 0) {
                    ChangeLogStore.append(connection, List.of(new Change.Mounts()));
                }
            }
            return true;
        });
    }

    private static void lockTable(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("LOCK TABLE metadata.mount IN EXCLUSIVE MODE")) {
            statement.execute();
        }
    }

    private static Optional<Long> child(Connection connection, long parent, String name)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT id FROM metadata.inode WHERE parent_id = ? AND name = ?")) {
            statement.setLong(1, parent);
            statement.setString(2, name);
            return Database.first(statement, row -> row.getLong(1));
        }
    }

    private static long insertDirectory(
            Connection connection, long parent, String name, long nowMillis) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.inode
                            (parent_id, name, kind, mount_id, key, modified_millis)
                        VALUES (?, ?, 2, 0, '', ?) RETURNING id
                        """)) {
            statement.setLong(1, parent);
            statement.setString(2, name);
            statement.setLong(3, nowMillis);
            return Database.first(statement, row -> row.getLong(1)).orElseThrow();
        }
    }

    private static void setMount(Connection connection, long inode, long mount)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "UPDATE metadata.inode SET mount_id = ? WHERE id = ?")) {
            statement.setLong(1, mount);
            statement.setLong(2, inode);
            statement.executeUpdate();
        }
    }

    private static Mount insert(
            Connection connection, MountRequest request, long root, long nowMillis)
            throws SQLException {
        Mount.Options options = request.options();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.mount (path, uri, endpoint, region, path_style,
                            credentials, freshness, max_age_millis, block_bytes,
                            direct_fallback, object_attributes, created_millis, root_inode_id)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        RETURNING
                        """
                                + COLUMNS)) {
            statement.setString(1, request.path().toString());
            statement.setString(2, request.uri().toString());
            statement.setString(3, options.endpoint());
            statement.setString(4, options.region());
            statement.setBoolean(5, options.pathStyle());
            statement.setString(6, options.credentials());
            statement.setString(7, options.freshness().word());
            statement.setLong(8, options.maxAge().toMillis());
            statement.setLong(9, options.blockBytes());
            statement.setBoolean(10, options.directFallback());
            statement.setBoolean(11, options.objectAttributes());
            statement.setLong(12, nowMillis);
            statement.setLong(13, root);
            return Database.first(statement, MountStore::mount).orElseThrow();
        }
    }

    private static Optional<Mount> delete(Connection connection, NamespacePath path)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "DELETE FROM metadata.mount WHERE path = ? RETURNING " + COLUMNS)) {
            statement.setString(1, path.toString());
            return Database.first(statement, MountStore::mount);
        }
    }

    private static long deleteInode(Connection connection, long id, List<Change> changes)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "DELETE FROM metadata.inode WHERE id = ? RETURNING parent_id, name")) {
            statement.setLong(1, id);
            Change.Name change =
                    Database.first(
                                    statement,
                                    row -> new Change.Name(row.getLong(1), row.getString(2), id))
                            .orElseThrow();
            changes.add(change);
            return change.parentId();
        }
    }

    private static void orphan(Connection connection, long id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO metadata.orphan VALUES (?)")) {
            statement.setLong(1, id);
            statement.executeUpdate();
        }
    }

    private static boolean isEmpty(Connection connection, long parent) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT 1 FROM metadata.inode WHERE parent_id = ? LIMIT 1")) {
            statement.setLong(1, parent);
            return Database.first(statement, row -> row.getInt(1)).isEmpty();
        }
    }

    private static Mount mount(ResultSet row) throws SQLException {
        return new Mount(
                row.getLong("id"),
                NamespacePath.parse(row.getString("path")),
                URI.create(row.getString("uri")),
                new Mount.Options(
                        row.getString("endpoint"),
                        row.getString("region"),
                        row.getBoolean("path_style"),
                        row.getString("credentials"),
                        Mount.Freshness.parse(row.getString("freshness")),
                        Duration.ofMillis(row.getLong("max_age_millis")),
                        row.getLong("block_bytes"),
                        row.getBoolean("direct_fallback"),
                        row.getBoolean("object_attributes")),
                row.getLong("created_millis"),
                row.getLong("root_inode_id"),
                row.getLong("trusted_from_millis"));
    }
}
