package io.millrace.metadata.changes;

import io.millrace.metadata.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * SQL of the change log. The head row is locked from the append to the commit, so that sequences
 * appear in commit order and without gaps: a reader that has seen n has missed nothing up to n.
 * Append last in a transaction, since others wait for its commit.
 */
public final class ChangeLogStore {

    private final Database database;

    public ChangeLogStore(Database database) {
        this.database = database;
    }

    /**
     * Where the log stands.
     *
     * @param last the newest sequence; 0: none yet
     * @param pruned changes up to this one are no longer kept
     */
    public record Head(long last, long pruned) {}

    /** Adds {@code changes} to the log, in order, as part of the caller's transaction. */
    public static void append(Connection connection, List<? extends Change> changes)
            throws SQLException {
        if (changes.isEmpty()) {
            return;
        }
        int count = changes.size();
        Short[] kinds = new Short[count];
        Long[] parents = new Long[count];
        String[] names = new String[count];
        Long[] inodes = new Long[count];
        for (int i = 0; i < count; i++) {
            Change change = changes.get(i);
            kinds[i] = kind(change);
            Change.Name name =
                    change instanceof Change.Name changed ? changed : new Change.Name(0, "", 0);
            parents[i] = name.parentId();
            names[i] = name.name();
            inodes[i] = name.inodeId();
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        WITH head AS (
                            UPDATE metadata.change_head SET last_sequence = last_sequence + ?
                            RETURNING last_sequence - ? AS before)
                        INSERT INTO metadata.change (sequence, kind, parent_id, name, inode_id)
                        SELECT head.before + u.n, u.kind, u.parent_id, u.name, u.inode_id
                        FROM head, unnest(?::smallint[], ?::bigint[], ?::text[], ?::bigint[])
                            WITH ORDINALITY AS u(kind, parent_id, name, inode_id, n)
                        """)) {
            statement.setInt(1, count);
            statement.setInt(2, count);
            statement.setArray(3, connection.createArrayOf("int2", kinds));
            statement.setArray(4, connection.createArrayOf("int8", parents));
            statement.setArray(5, connection.createArrayOf("text", names));
            statement.setArray(6, connection.createArrayOf("int8", inodes));
            statement.executeUpdate();
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_notify(?, '')")) {
            statement.setString(1, ChangeSignalStore.CHANNEL);
            statement.execute();
        }
    }

    /** The newest sequence that is committed. */
    public long last() {
        return head().last();
    }

    Head head() {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT last_sequence, pruned_sequence FROM"
                                    + " metadata.change_head")) {
                return Database.first(statement, row -> new Head(row.getLong(1), row.getLong(2)))
                        .orElseThrow();
            }
        });
    }

    List<Change.Logged> after(long sequence, int limit) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT sequence, kind, parent_id, name, inode_id
                            FROM metadata.change WHERE sequence > ?
                            ORDER BY sequence LIMIT ?
                            """)) {
                statement.setLong(1, sequence);
                statement.setInt(2, limit);
                return Database.list(statement, ChangeLogStore::logged);
            }
        });
    }

    /**
     * Deletes up to {@code limit} of the oldest changes that are older than {@code keep} and
     * published, or beyond the newest {@code most}, published or not. Answers how many.
     */
    public int prune(Duration keep, long most, int limit) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            WITH gone AS (
                                DELETE FROM metadata.change WHERE sequence IN (
                                    SELECT sequence FROM metadata.change
                                    WHERE sequence <= (
                                            SELECT last_sequence - ?
                                            FROM metadata.change_head)
                                        OR (created < clock_timestamp()
                                                - ? * interval '1 millisecond'
                                            AND sequence <= (
                                                SELECT published_sequence
                                                FROM metadata.publisher))
                                    ORDER BY sequence LIMIT ?)
                                RETURNING sequence),
                            top AS (SELECT max(sequence) AS sequence, count(*) AS n FROM gone)
                            UPDATE metadata.change_head
                            SET pruned_sequence =
                                greatest(pruned_sequence, coalesce(top.sequence, 0))
                            FROM top WHERE top.n > 0
                            RETURNING top.n
                            """)) {
                statement.setLong(1, most);
                statement.setLong(2, keep.toMillis());
                statement.setInt(3, limit);
                return Database.first(statement, row -> row.getInt(1)).orElse(0);
            }
        });
    }

    /** Makes {@code owner} the publisher when no other is; answers what has been published. */
    Optional<Long> leadPublishing(String owner, Duration lease) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.publisher
                            SET owner = ?, lease_until =
                                clock_timestamp() + ? * interval '1 millisecond'
                            WHERE owner = ? OR lease_until < clock_timestamp()
                            RETURNING published_sequence
                            """)) {
                statement.setString(1, owner);
                statement.setLong(2, lease.toMillis());
                statement.setString(3, owner);
                return Database.first(statement, row -> row.getLong(1));
            }
        });
    }

    void published(String owner, long sequence) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.publisher SET published_sequence = ?
                            WHERE owner = ? AND published_sequence < ?
                            """)) {
                statement.setLong(1, sequence);
                statement.setString(2, owner);
                statement.setLong(3, sequence);
                return statement.executeUpdate();
            }
        });
    }

    private static short kind(Change change) {
        return switch (change) {
            case Change.Name _ -> 1;
            case Change.Mounts _ -> 2;
            case Change.Ring _ -> 3;
            case Change.Policies _ -> 4;
        };
    }

    private static Change.Logged logged(ResultSet row) throws SQLException {
        int kind = row.getInt(2);
        Change change =
                switch (kind) {
                    case 1 -> new Change.Name(row.getLong(3), row.getString(4), row.getLong(5));
                    case 2 -> new Change.Mounts();
                    case 3 -> new Change.Ring();
                    case 4 -> new Change.Policies();
                    default -> throw new SQLException("change of unknown kind " + kind);
                };
        return new Change.Logged(row.getLong(1), change);
    }
}
