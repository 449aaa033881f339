package io.millrace.metadata.namespace;

import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.database.Database;
import io.millrace.metadata.namespace.DirectoryDiff.Known;
import io.millrace.metadata.namespace.ListedEntries.HiddenKey;
import io.millrace.model.EntryName;
import io.millrace.understore.ObjectStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * SQL of one directory's listing. A process claims the directory, writes page after page, and
 * finishes. Each page's transaction begins by renewing the claim: that locks the directory's row,
 * so that a process whose claim was taken over, or whose directory was deleted, writes nothing.
 */
final class ListingStore {

    /** Greater than every name in listing order. */
    static final String END = Character.toString(0x10ffff).repeat(65);

    private static final byte[] RAW_END = {(byte) 0xff};

    private final Database database;

    ListingStore(Database database) {
        this.database = database;
    }

    /** What came of trying to claim. */
    sealed interface Claim {
        /**
         * The caller lists.
         *
         * @param token of this claim
         * @param listedBefore whether entries were ever given out, so that changes are told
         */
        record Mine(long token, boolean listedBefore) implements Claim {}

        /** It has been listed since the caller looked. */
        record Done() implements Claim {}

        /** Another process lists. */
        record Others() implements Claim {}

        /** The directory is gone. */
        record Gone() implements Claim {}
    }

    /** The part of the listing order a page covers: after {@code from}, up to {@code to}. */
    record Span(String from, String to) {

        static final Span ALL = new Span("", END);

        boolean covers(String place) {
            return EntryName.compare(place, from) > 0 && EntryName.compare(place, to) <= 0;
        }
    }

    /** The same of whole keys; null: from the beginning, or to the end. */
    record RawSpan(byte[] from, byte[] to) {
        static byte[] end() {
            return RAW_END;
        }
    }

    /**
     * Tries to claim {@code directory}.
     *
     * @param lease how long the claim holds without being renewed
     */
    Claim claim(Inode.Directory directory, Duration lease) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.inode
                            SET claim_token = nextval('metadata.claim_token'), claim_until =
                                clock_timestamp() + ? * interval '1 millisecond'
                            WHERE id = ? AND kind = 2 AND (
                                claim_until IS NULL OR claim_until < clock_timestamp())
                                AND coalesce(listed_millis, -1) <= ?
                            RETURNING claim_token, listed_millis IS NOT NULL
                            """)) {
                statement.setLong(1, lease.toMillis());
                statement.setLong(2, directory.id());
                statement.setLong(3, directory.listedMillis());
                Optional<Claim> mine =
                        Database.first(
                                statement,
                                row -> new Claim.Mine(row.getLong(1), row.getBoolean(2)));
                if (mine.isPresent()) {
                    return mine.get();
                }
            }
            return whyNot(connection, directory);
        });
    }

    private static Claim whyNot(Connection connection, Inode.Directory directory)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT coalesce(listed_millis, -1) > ? FROM metadata.inode WHERE id = ?")) {
            statement.setLong(1, directory.listedMillis());
            statement.setLong(2, directory.id());
            Optional<Boolean> listed = Database.first(statement, row -> row.getBoolean(1));
            if (listed.isEmpty()) {
                return new Claim.Gone();
            }
            return listed.get() ? new Claim.Done() : new Claim.Others();
        }
    }

    /** Holds the claim for longer. False: it is lost. */
    boolean renew(Inode.Directory directory, Claim.Mine claim, Duration lease) {
        return database.read(connection -> renew(connection, directory.id(), claim, lease));
    }

    /** Those of {@code files} that are new to the table, or not as it has them. */
    List<ObjectStatus> changed(Inode.Directory directory, Map<String, ObjectStatus> files) {
        String[] names = files.keySet().toArray(String[]::new);
        Set<String> same =
                database
                        .read(connection -> byName(connection, directory.id(), names, 1))
                        .values()
                        .stream()
                        .filter(known ->
                                files.get(known.name()) instanceof ObjectStatus object
                                        && known.isSame(object))
                        .map(Known::name)
                        .collect(Collectors.toSet());
        return files.entrySet().stream()
                .filter(file -> !same.contains(file.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /**
     * Writes one page: {@code decide} is given the rows it concerns. False: the claim is lost.
     *
     * @param keepHidden keys in the span that stay hidden, besides those of the page
     */
    boolean apply(
            Inode.Directory directory,
            Claim.Mine claim,
            Duration lease,
            ListedEntries entries,
            Span span,
            RawSpan raw,
            Function<Collection<Known>, DirectoryDiff> decide,
            java.util.function.Supplier<List<HiddenKey>> keepHidden) {
        return database.transaction(connection -> {
            if (!renew(connection, directory.id(), claim, lease)) {
                return false;
            }
            DirectoryDiff diff = decide.apply(known(connection, directory.id(), entries, span));
            write(connection, directory, diff);
            HiddenKeyStore.sync(connection, directory, raw, entries.hidden(), keepHidden.get());
            HiddenKeyStore.insert(connection, directory, diff.hidden());
            if (claim.listedBefore()) {
                ChangeLogStore.append(connection, diff.changes());
            }
            return true;
        });
    }

    /** Writes what waited for the end of the listing. False: the claim is lost. */
    boolean applyWaiting(
            Inode.Directory directory,
            Claim.Mine claim,
            Duration lease,
            Map<String, ObjectStatus> waiting) {
        return database.transaction(connection -> {
            if (!renew(connection, directory.id(), claim, lease)) {
                return false;
            }
            String[] names = waiting.keySet().toArray(String[]::new);
            DirectoryDiff diff =
                    DirectoryDiff.ofWaiting(
                            directory,
                            waiting,
                            byName(connection, directory.id(), names, 1).values());
            write(connection, directory, diff);
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "DELETE FROM metadata.hidden_key WHERE directory_id = ? AND"
                                    + " raw_key = ANY (?)")) {
                statement.setLong(1, directory.id());
                byte[][] keys =
                        waiting.values().stream()
                                .map(object -> new HiddenKey(object.key(), "").raw())
                                .toArray(byte[][]::new);
                statement.setArray(2, connection.createArrayOf("bytea", keys));
                statement.executeUpdate();
            }
            if (claim.listedBefore()) {
                ChangeLogStore.append(connection, diff.changes());
            }
            return true;
        });
    }

    /** The directory is listed as of {@code listedMillis}. False: the claim is lost. */
    boolean finish(long directory, Claim.Mine claim, long listedMillis) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.inode
                            SET listed_millis = greatest(coalesce(listed_millis, 0), ?),
                                claim_until = NULL
                            WHERE id = ? AND claim_token = ?
                            """)) {
                statement.setLong(1, listedMillis);
                statement.setLong(2, directory);
                statement.setLong(3, claim.token());
                return statement.executeUpdate() == 1;
            }
        });
    }

    /** Lets others list after a failure. */
    void abandon(long directory, Claim.Mine claim) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "UPDATE metadata.inode SET claim_until = NULL WHERE id = ? AND"
                                    + " claim_token = ?")) {
                statement.setLong(1, directory);
                statement.setLong(2, claim.token());
                return statement.executeUpdate();
            }
        });
    }

    private static boolean renew(
            Connection connection, long directory, Claim.Mine claim, Duration lease)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE metadata.inode
                        SET claim_until = clock_timestamp() + ? * interval '1 millisecond'
                        WHERE id = ? AND claim_token = ?
                        """)) {
            statement.setLong(1, lease.toMillis());
            statement.setLong(2, directory);
            statement.setLong(3, claim.token());
            return statement.executeUpdate() == 1;
        }
    }

    private static Collection<Known> known(
            Connection connection, long directory, ListedEntries entries, Span span)
            throws SQLException {
        Map<Long, Known> known = new LinkedHashMap<>();
        String columns = "SELECT id, name, kind, object_version, length, modified_millis";
        try (PreparedStatement statement =
                connection.prepareStatement(
                        columns
                                + """
                                 FROM metadata.inode
                                WHERE parent_id = ? AND name > ? AND name <= ? AND kind = 1
                                """)) {
            bind(statement, directory, span);
            Database.list(statement, ListingStore::knownRow)
                    .forEach(row -> known.put(row.id(), row));
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        columns
                                + """
                                 FROM metadata.inode
                                WHERE parent_id = ? AND name || '/' > ? AND name || '/' <= ?
                                    AND kind = 2
                                """)) {
            bind(statement, directory, span);
            Database.list(statement, ListingStore::knownRow)
                    .forEach(row -> known.put(row.id(), row));
        }
        known.putAll(
                byName(connection, directory, entries.files().keySet().toArray(String[]::new), 2));
        known.putAll(
                byName(connection, directory, entries.directories().toArray(String[]::new), 1));
        return known.values();
    }

    private static void bind(PreparedStatement statement, long directory, Span span)
            throws SQLException {
        statement.setLong(1, directory);
        statement.setString(2, span.from());
        statement.setString(3, span.to());
    }

    private static Map<Long, Known> byName(
            Connection connection, long directory, String[] names, int kind) throws SQLException {
        Map<Long, Known> known = new LinkedHashMap<>();
        if (names.length == 0) {
            return known;
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        SELECT id, name, kind, object_version, length, modified_millis
                        FROM metadata.inode
                        WHERE parent_id = ? AND name = ANY (?) AND kind = ?
                        """)) {
            statement.setLong(1, directory);
            statement.setArray(2, connection.createArrayOf("text", names));
            statement.setInt(3, kind);
            Database.list(statement, ListingStore::knownRow)
                    .forEach(row -> known.put(row.id(), row));
        }
        return known;
    }

    private static Known knownRow(ResultSet row) throws SQLException {
        String version = row.getString(4);
        return new Known(
                row.getLong(1),
                row.getString(2),
                row.getInt(3) == 2,
                version == null ? "" : version,
                row.getLong(5),
                row.getLong(6));
    }

    private static void write(Connection connection, Inode.Directory directory, DirectoryDiff diff)
            throws SQLException {
        if (diff.isEmpty()) {
            return;
        }
        delete(connection, diff.deletedFiles());
        if (!diff.deletedDirectories().isEmpty()) {
            orphan(connection, diff.deletedDirectories());
            delete(connection, diff.deletedDirectories());
        }
        update(connection, diff.changedFiles());
        insertDirectories(connection, directory, diff.newDirectories());
        insertFiles(connection, directory, diff.newFiles());
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

    private static void update(Connection connection, Map<Long, ObjectStatus> files)
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
                            permissions = u.permissions, mtime_millis = u.mtime
                        FROM unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[],
                                ?::bigint[], ?::bigint[], ?::integer[], ?::bigint[])
                            AS u(id, version, length, modified, uid, gid, permissions, mtime)
                        WHERE i.id = u.id
                        """)) {
            statement.setArray(1, connection.createArrayOf("int8", files.keySet().toArray()));
            setStatuses(connection, statement, 2, List.copyOf(files.values()));
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
            Connection connection, Inode.Directory directory, List<ObjectStatus> files)
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
                            mtime_millis)
                        SELECT ?, u.name, 1, ?, u.version, u.length, u.modified, u.uid, u.gid,
                            u.permissions, u.mtime
                        FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[],
                                ?::bigint[], ?::bigint[], ?::integer[], ?::bigint[])
                            AS u(name, version, length, modified, uid, gid, permissions, mtime)
                        """)) {
            statement.setLong(1, directory.id());
            statement.setLong(2, directory.mountId());
            statement.setArray(
                    3,
                    connection.createArrayOf(
                            "text",
                            files.stream().map(file -> file.key().substring(prefix)).toArray()));
            setStatuses(connection, statement, 4, files);
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
