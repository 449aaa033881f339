package io.millrace.metadata.namespace;

import io.millrace.metadata.database.Database;
import java.sql.PreparedStatement;
import java.util.HexFormat;
import java.util.List;

/** SQL that lists the keys that cannot be paths. */
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
}
