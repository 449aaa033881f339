package io.millrace.metadata.policies;

import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.database.Database;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** SQL of the policies. Locks are taken in one order: the mount, the policies, the change log. */
final class PolicyStore {

    private static final String COLUMNS =
            "path, pinned, ttl_millis, replicas, quota_bytes, priority, eviction";

    /** The whole table is told in one message, which clients take up to 4 MiB of. */
    private static final long MOST_BYTES = 3 << 20;

    /** Of one policy in that message, beside its path. */
    private static final int BYTES_BESIDE_PATH = 48;

    private final Database database;
    private final int most;

    PolicyStore(Database database, int most) {
        this.database = database;
        this.most = most;
    }

    private record Row(NamespacePath path, PathPolicy policy) {}

    PathPolicies all() {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT " + COLUMNS + " FROM metadata.policy")) {
                return policies(statement);
            }
        });
    }

    PathPolicies above(NamespacePath path) {
        return database.transaction(connection -> {
            mountOf(connection, path);
            return above(connection, path);
        });
    }

    private static PathPolicies above(Connection connection, NamespacePath path)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT " + COLUMNS + " FROM metadata.policy WHERE path = ANY (?)")) {
            statement.setArray(1, connection.createArrayOf("text", upwards(path)));
            return policies(statement);
        }
    }

    private static PathPolicies policies(PreparedStatement statement) throws SQLException {
        Map<NamespacePath, PathPolicy> byPath = new HashMap<>();
        for (Row row : Database.list(statement, PolicyStore::row)) {
            byPath.put(row.path(), row.policy());
        }
        return new PathPolicies(byPath);
    }

    PathPolicy set(NamespacePath path, PathPolicy more) {
        return database.transaction(connection -> {
            long mount = mountOf(connection, path);
            lock(connection);
            PathPolicy before = above(connection, path).own(path);
            PathPolicy after = before.with(more);
            if (after.equals(before)) {
                return after;
            }
            if (before.isEmpty()) {
                checkRoom(connection, path);
            }
            put(connection, mount, path, after);
            ChangeLogStore.append(connection, List.of(new Change.Policies()));
            return after;
        });
    }

    PathPolicy remove(NamespacePath path, Set<PathPolicy.Attribute> attributes) {
        return database.transaction(connection -> {
            long mount = mountOf(connection, path);
            lock(connection);
            PathPolicies above = above(connection, path);
            PathPolicy after = above.own(path);
            if (after.isEmpty() && attributes.isEmpty()) {
                throw new MillraceException(
                        ErrorCode.NOT_FOUND, path + " has no policy of its own");
            }
            Set<PathPolicy.Attribute> gone =
                    attributes.isEmpty() ? EnumSet.allOf(PathPolicy.Attribute.class) : attributes;
            for (PathPolicy.Attribute attribute : gone) {
                if (!after.says(attribute) && !attributes.isEmpty()) {
                    throw saysNothing(above, path, attribute);
                }
                after = after.without(attribute);
            }
            if (after.isEmpty()) {
                delete(connection, path);
            } else {
                put(connection, mount, path, after);
            }
            ChangeLogStore.append(connection, List.of(new Change.Policies()));
            return after;
        });
    }

    private static MillraceException saysNothing(
            PathPolicies above, NamespacePath path, PathPolicy.Attribute attribute) {
        NamespacePath at = path;
        while (!at.isRoot()) {
            at = at.parent();
            if (above.own(at).says(attribute)) {
                return new MillraceException(
                        ErrorCode.NOT_FOUND,
                        path
                                + " has no policy of its own for "
                                + attribute.text()
                                + ": it has that of "
                                + at);
            }
        }
        return new MillraceException(
                ErrorCode.NOT_FOUND, path + " has no policy for " + attribute.text());
    }

    /** The mount cannot be removed until the transaction has ended. */
    private static long mountOf(Connection connection, NamespacePath path) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT id FROM metadata.mount WHERE path = ANY (?) FOR SHARE")) {
            statement.setArray(1, connection.createArrayOf("text", upwards(path)));
            Optional<Long> mount = Database.first(statement, row -> row.getLong(1));
            if (mount.isPresent()) {
                return mount.get();
            }
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT path FROM metadata.mount ORDER BY path LIMIT 20")) {
            throw PolicyTable.notMounted(
                    path, Database.list(statement, row -> NamespacePath.parse(row.getString(1))));
        }
    }

    /** The path and all above it. */
    private static String[] upwards(NamespacePath path) {
        List<String> paths = new ArrayList<>();
        NamespacePath at = path;
        paths.add(at.toString());
        while (!at.isRoot()) {
            at = at.parent();
            paths.add(at.toString());
        }
        return paths.toArray(String[]::new);
    }

    private static void lock(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "LOCK TABLE metadata.policy IN SHARE ROW EXCLUSIVE MODE")) {
            statement.execute();
        }
    }

    private void checkRoom(Connection connection, NamespacePath path) throws SQLException {
        record Size(long count, long bytes) {}
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT count(*), coalesce(sum(octet_length(path)), 0) FROM"
                                + " metadata.policy")) {
            Size size =
                    Database.first(statement, row -> new Size(row.getLong(1), row.getLong(2)))
                            .orElseThrow();
            if (size.count() >= most) {
                throw new MillraceException(
                        ErrorCode.BUSY,
                        "no policy for "
                                + path
                                + ": "
                                + size.count()
                                + " paths have one, as many as millrace.metadata.policies.most"
                                + " allows");
            }
            long bytes = size.bytes() + size.count() * BYTES_BESIDE_PATH;
            if (bytes + path.toString().length() * 4L > MOST_BYTES) {
                throw new MillraceException(
                        ErrorCode.BUSY,
                        "no policy for "
                                + path
                                + ": the paths that have one are together as long as one message"
                                + " may be ("
                                + new ByteCount(MOST_BYTES)
                                + ")");
            }
        }
    }

    private static void put(
            Connection connection, long mount, NamespacePath path, PathPolicy policy)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.policy (mount_id, path, pinned, ttl_millis, replicas,
                            quota_bytes, priority, eviction)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (path) DO UPDATE SET pinned = excluded.pinned,
                            ttl_millis = excluded.ttl_millis, replicas = excluded.replicas,
                            quota_bytes = excluded.quota_bytes, priority = excluded.priority,
                            eviction = excluded.eviction
                        """)) {
            statement.setLong(1, mount);
            statement.setString(2, path.toString());
            statement.setObject(3, policy.pinned(), Types.BOOLEAN);
            statement.setObject(
                    4, policy.ttl() == null ? null : policy.ttl().toMillis(), Types.BIGINT);
            statement.setObject(5, policy.replicas(), Types.SMALLINT);
            statement.setObject(
                    6, policy.quota() == null ? null : policy.quota().bytes(), Types.BIGINT);
            statement.setObject(7, policy.priority(), Types.SMALLINT);
            statement.setString(8, policy.eviction() == null ? null : policy.eviction().text());
            statement.executeUpdate();
        }
    }

    private static void delete(Connection connection, NamespacePath path) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM metadata.policy WHERE path = ?")) {
            statement.setString(1, path.toString());
            statement.executeUpdate();
        }
    }

    private static Row row(ResultSet row) throws SQLException {
        Long ttl = number(row, "ttl_millis");
        Long replicas = number(row, "replicas");
        Long quota = number(row, "quota_bytes");
        Long priority = number(row, "priority");
        String eviction = row.getString("eviction");
        return new Row(
                NamespacePath.parse(row.getString("path")),
                new PathPolicy(
                        row.getObject("pinned", Boolean.class),
                        ttl == null ? null : Duration.ofMillis(ttl),
                        replicas == null ? null : replicas.intValue(),
                        quota == null ? null : new ByteCount(quota),
                        priority == null ? null : priority.intValue(),
                        eviction == null ? null : PathPolicy.Eviction.parse(eviction)));
    }

    private static @Nullable Long number(ResultSet row, String column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? null : number;
    }
}
