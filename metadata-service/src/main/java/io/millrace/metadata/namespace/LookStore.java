package io.millrace.metadata.namespace;

import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.database.Database;
import io.millrace.metadata.namespace.ListedEntries.HiddenKey;
import io.millrace.metadata.namespace.ListingStore.Span;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * SQL of looks: single names of listed directories, brought to what the bucket said of them.
 *
 * <p>Each look takes a number before it asks the bucket, as each listing does when it claims. A
 * look is not written when a newer look of the name was, or when a listing has begun meanwhile; a
 * listing leaves names alone that were looked at since it began. So nothing older ever comes over
 * something newer. Both lock the directory's row first. A look that found something counts for
 * every directory on the way to it, too: none of them is taken for vanished by something older.
 */
final class LookStore {

    /** Before a key in hex, in the place of a name; no name holds it. */
    private static final String HIDDEN = "/";

    /** After a name: something was found below it, and the object of the name not looked at. */
    private static final String BELOW = "/";

    private final Database database;

    LookStore(Database database) {
        this.database = database;
    }

    /** What came of writing a look. */
    enum Outcome {
        WRITTEN,
        /** A newer look of the name has been written. */
        OVERTAKEN,
        /** A listing has begun after it, or something was found below the name: look again. */
        AGAIN,
        /** The directory is gone, or was never listed and is not now. */
        NOT_LISTED
    }

    /** The number of a look that begins now. */
    long begin() {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT nextval('metadata.claim_token')")) {
                return Database.first(statement, row -> row.getLong(1)).orElseThrow();
            }
        });
    }

    /**
     * Writes what the bucket said of {@code name}.
     *
     * @param way the directories from the mount's root to that of the name
     * @param found nothing, or that name alone
     */
    Outcome write(List<Inode.Directory> way, String name, long number, ListedEntries found) {
        Inode.Directory directory = way.getLast();
        boolean isDirectory = !found.directories().isEmpty();
        return locked(
                way,
                name,
                number,
                isDirectory || !found.files().isEmpty(),
                isDirectory,
                connection -> {
                    DirectoryDiff diff =
                            DirectoryDiff.of(
                                    directory,
                                    found,
                                    EntryStore.named(connection, directory.id(), name),
                                    new HashMap<>(),
                                    Span.ALL);
                    EntryStore.write(connection, directory, diff, number);
                    HiddenKeyStore.replace(
                            connection, directory, directory.keyOf(name), found.hidden());
                    return diff.changes();
                });
    }

    /** Writes that {@code key}, whose entry has no name that can be shown, is there or not. */
    Outcome writeHidden(
            List<Inode.Directory> way,
            String key,
            long number,
            boolean there,
            List<HiddenKey> hidden) {
        Inode.Directory directory = way.getLast();
        return locked(
                way,
                HIDDEN + hex(key),
                number,
                there,
                false,
                connection -> {
                    HiddenKeyStore.replace(connection, directory, key, hidden);
                    return List.of();
                });
    }

    /** Writes, and tells what the log is to hold of it. */
    private interface Work {
        List<Change.Name> run(Connection connection) throws SQLException;
    }

    private Outcome locked(
            List<Inode.Directory> way,
            String name,
            long number,
            boolean there,
            boolean isDirectory,
            Work work) {
        Inode.Directory directory = way.getLast();
        List<Inode.Directory> above = there ? way.subList(0, way.size() - 1) : List.of();
        return database.transaction(connection -> {
            if (!lockAll(connection, above)) {
                return Outcome.NOT_LISTED;
            }
            Optional<Long> claim = lock(connection, directory);
            if (claim.isEmpty()) {
                return Outcome.NOT_LISTED;
            }
            if (claim.get() > number) {
                return Outcome.AGAIN;
            }
            if (!isDirectory && numberOf(connection, directory.id(), name + BELOW) > number) {
                return Outcome.AGAIN;
            }
            if (!note(connection, directory.id(), name, number)) {
                return Outcome.OVERTAKEN;
            }
            List<Change.Name> changes = work.run(connection);
            // All looks below the same directories wait for these until the commit, so they come
            // late.
            for (int i = 0; i < above.size(); i++) {
                note(connection, above.get(i).id(), way.get(i + 1).name() + BELOW, number);
            }
            ChangeLogStore.append(connection, changes);
            return Outcome.WRITTEN;
        });
    }

    /**
     * From above to below, as listings lock them: a directory has a greater id than that which it
     * lies in. Other looks may hold them too. False: one is gone.
     */
    private static boolean lockAll(Connection connection, List<Inode.Directory> directories)
            throws SQLException {
        if (directories.isEmpty()) {
            return true;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT id FROM metadata.inode WHERE id = ANY (?) AND kind = 2
                        ORDER BY id FOR SHARE
                        """)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "int8", directories.stream().map(Inode.Directory::id).toArray()));
            return Database.list(statement, row -> row.getLong(1)).size() == directories.size();
        }
    }

    /** The number of the directory's newest listing, 0: none; empty: it is gone or not listed. */
    private static Optional<Long> lock(Connection connection, Inode.Directory directory)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT coalesce(claim_token, 0) FROM metadata.inode
                        WHERE id = ? AND kind = 2
                            AND (listed_millis IS NOT NULL OR claim_until IS NOT NULL)
                        FOR UPDATE
                        """)) {
            statement.setLong(1, directory.id());
            return Database.first(statement, row -> row.getLong(1));
        }
    }

    private static long numberOf(Connection connection, long directory, String name)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT number FROM metadata.look WHERE directory_id = ? AND name = ?")) {
            statement.setLong(1, directory);
            statement.setString(2, name);
            return Database.first(statement, row -> row.getLong(1)).orElse(0L);
        }
    }

    private static boolean note(Connection connection, long directory, String name, long number)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.look (directory_id, name, number) VALUES (?, ?, ?)
                        ON CONFLICT (directory_id, name) DO UPDATE
                        SET number = excluded.number, looked = clock_timestamp()
                        WHERE look.number < excluded.number
                        """)) {
            statement.setLong(1, directory);
            statement.setString(2, name);
            statement.setLong(3, number);
            return statement.executeUpdate() == 1;
        }
    }

    /** What of {@code directory} was looked at after {@code number}. */
    static Looked after(Connection connection, Inode.Directory directory, long number)
            throws SQLException {
        Set<String> names = new HashSet<>();
        Set<String> directories = new HashSet<>();
        Set<String> keys = new HashSet<>();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT name FROM metadata.look WHERE directory_id = ? AND number > ?")) {
            statement.setLong(1, directory.id());
            statement.setLong(2, number);
            for (String name : Database.list(statement, row -> row.getString(1))) {
                if (name.endsWith(BELOW)) {
                    directories.add(name.substring(0, name.length() - BELOW.length()));
                } else if (name.startsWith(HIDDEN)) {
                    keys.add(name.substring(HIDDEN.length()));
                } else {
                    names.add(name);
                    keys.add(hex(directory.keyOf(name)));
                }
            }
        }
        directories.removeAll(names);
        return new Looked(names, directories, keys);
    }

    /**
     * What was looked at.
     *
     * @param names of entries
     * @param directories other names, below which something was found: they are directories
     * @param keys of these, and such as have no name that can be shown; in hex
     */
    record Looked(Set<String> names, Set<String> directories, Set<String> keys) {

        boolean hasName(String name) {
            return names.contains(name) || directories.contains(name);
        }

        boolean isEmpty() {
            return keys.isEmpty() && directories.isEmpty();
        }

        boolean has(HiddenKey key) {
            return keys.contains(hex(key.key()));
        }

        byte[][] rawKeys() {
            return keys.stream().map(HexFormat.of()::parseHex).toArray(byte[][]::new);
        }
    }

    private static String hex(String key) {
        return HexFormat.of().formatHex(new HiddenKey(key, "").raw());
    }

    /** Whether {@code directory}, which was never listed when it was read, has begun to be. */
    boolean isBeingListed(Inode.Directory directory) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT 1 FROM metadata.inode WHERE id = ?"
                                    + " AND (listed_millis IS NOT NULL OR claim_until IS NOT NULL)")) {
                statement.setLong(1, directory.id());
                return Database.first(statement, row -> row.getInt(1)).isPresent();
            }
        });
    }

    /** Whether nothing is known to lie in {@code directory}. */
    boolean isEmpty(long directory) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT 1 FROM metadata.inode WHERE parent_id = ? LIMIT 1")) {
                statement.setLong(1, directory);
                return Database.first(statement, row -> row.getInt(1)).isEmpty();
            }
        });
    }

    /**
     * Forgets up to {@code limit} looks that are older than {@code keep} and than every listing
     * under way. Answers how many.
     */
    int prune(Duration keep, int limit) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            DELETE FROM metadata.look WHERE (directory_id, name) IN (
                                SELECT directory_id, name FROM metadata.look
                                WHERE looked < clock_timestamp() - ? * interval '1 millisecond'
                                    AND number < coalesce((
                                        SELECT min(claim_token) FROM metadata.inode
                                        WHERE kind = 2 AND claim_until IS NOT NULL),
                                        9223372036854775807)
                                ORDER BY looked LIMIT ?)
                            """)) {
                statement.setLong(1, keep.toMillis());
                statement.setInt(2, limit);
                return statement.executeUpdate();
            }
        });
    }
}
