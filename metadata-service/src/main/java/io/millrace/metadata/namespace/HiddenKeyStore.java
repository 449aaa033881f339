package io.millrace.metadata.namespace;

import io.millrace.metadata.database.Database;
import io.millrace.metadata.namespace.ListedEntries.HiddenKey;
import io.millrace.metadata.namespace.ListingStore.RawSpan;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** SQL of the keys that cannot be paths. */
final class HiddenKeyStore {

    private final Database database;

    HiddenKeyStore(Database database) {
        this.database = database;
    }

    /**
     * A key as it is shown.
     *
     * @param cursor its place in the order, for the next page
     */
    record Row(long mountId, String shownKey, String reason, String cursor) {}

    /** Where a page begins: after this mount's key in this directory. */
    record Position(long mountId, byte[] rawKey, long directoryId) {

        static final Position START = new Position(0, new byte[0], 0);

        static Position parse(String cursor) {
            if (cursor.isEmpty()) {
                return START;
            }
            String[] parts = cursor.split("-", -1);
            if (parts.length != 3) {
                throw new IllegalArgumentException("not three parts");
            }
            return new Position(
                    Long.parseLong(parts[0]),
                    HexFormat.of().parseHex(parts[1]),
                    Long.parseLong(parts[2]));
        }

        String cursor() {
            return mountId + "-" + HexFormat.of().formatHex(rawKey) + "-" + directoryId;
        }
    }

    /**
     * One page in the order of mount and key.
     *
     * @param mountId 0: of all mounts
     */
    List<Row> page(long mountId, Position after, int limit) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT mount_id, shown_key, reason, raw_key, directory_id
                            FROM metadata.hidden_key
                            WHERE (mount_id, raw_key, directory_id) > (?, ?, ?)
                                AND (? = 0 OR mount_id = ?)
                                AND mount_id IN (SELECT id FROM metadata.mount)
                            ORDER BY mount_id, raw_key, directory_id LIMIT ?
                            """)) {
                statement.setLong(1, after.mountId());
                statement.setBytes(2, after.rawKey());
                statement.setLong(3, after.directoryId());
                statement.setLong(4, mountId);
                statement.setLong(5, mountId);
                statement.setInt(6, limit);
                return Database.list(
                        statement,
                        row ->
                                new Row(
                                        row.getLong(1),
                                        row.getString(2),
                                        row.getString(3),
                                        new Position(
                                                        row.getLong(1),
                                                        row.getBytes(4),
                                                        row.getLong(5))
                                                .cursor()));
            }
        });
    }

    /** How many there are of {@code mountId}; 0: of all mounts. */
    long count(long mountId) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT count(*) FROM metadata.hidden_key
                            WHERE (? = 0 OR mount_id = ?)
                                AND mount_id IN (SELECT id FROM metadata.mount)
                            """)) {
                statement.setLong(1, mountId);
                statement.setLong(2, mountId);
                return Database.first(statement, row -> row.getLong(1)).orElse(0L);
            }
        });
    }

    /** Hides {@code key} as {@code hidden} says, which is that key alone or nothing. */
    static void replace(
            Connection connection, Inode.Directory directory, String key, List<HiddenKey> hidden)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "DELETE FROM metadata.hidden_key WHERE directory_id = ? AND raw_key = ?")) {
            statement.setLong(1, directory.id());
            statement.setBytes(2, new HiddenKey(key, "").raw());
            statement.executeUpdate();
        }
        insert(connection, directory, hidden);
    }

    /**
     * Forgets the hidden keys of the span that are not hidden any more, and adds new ones.
     *
     * @param leave keys that stay as they are, hidden or not
     */
    static void sync(
            Connection connection,
            Inode.Directory directory,
            RawSpan raw,
            List<HiddenKey> hidden,
            List<HiddenKey> keep,
            byte[][] leave)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        DELETE FROM metadata.hidden_key
                        WHERE directory_id = ? AND raw_key > ? AND raw_key <= ?
                            AND raw_key <> ALL (?)
                        """)) {
            statement.setLong(1, directory.id());
            statement.setBytes(2, raw.from());
            statement.setBytes(3, raw.to());
            byte[][] kept =
                    Stream.concat(
                                    Stream.concat(hidden.stream(), keep.stream())
                                            .map(HiddenKey::raw),
                                    Arrays.stream(leave))
                            .toArray(byte[][]::new);
            statement.setArray(4, connection.createArrayOf("bytea", kept));
            statement.executeUpdate();
        }
        insert(connection, directory, hidden);
    }

    static void insert(Connection connection, Inode.Directory directory, List<HiddenKey> hidden)
            throws SQLException {
        if (hidden.isEmpty()) {
            return;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.hidden_key
                            (directory_id, mount_id, raw_key, shown_key, reason)
                        SELECT ?, ?, u.raw_key, u.shown_key, u.reason
                        FROM unnest(?::bytea[], ?::text[], ?::text[])
                            AS u(raw_key, shown_key, reason)
                        ON CONFLICT (directory_id, raw_key) DO NOTHING
                        """)) {
            statement.setLong(1, directory.id());
            statement.setLong(2, directory.mountId());
            statement.setArray(
                    3,
                    connection.createArrayOf(
                            "bytea", hidden.stream().map(HiddenKey::raw).toArray(byte[][]::new)));
            statement.setArray(
                    4,
                    connection.createArrayOf(
                            "text", hidden.stream().map(HiddenKey::shown).toArray()));
            statement.setArray(
                    5,
                    connection.createArrayOf(
                            "text", hidden.stream().map(HiddenKey::reason).toArray()));
            statement.executeUpdate();
        }
    }
}
