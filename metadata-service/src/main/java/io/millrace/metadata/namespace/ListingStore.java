package io.millrace.metadata.namespace;

import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.database.Database;
import io.millrace.metadata.namespace.DirectoryDiff.Known;
import io.millrace.metadata.namespace.ListedEntries.HiddenKey;
import io.millrace.model.EntryName;
import io.millrace.understore.ObjectStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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
                        .read(connection -> EntryStore.byName(connection, directory.id(), names, 1))
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

    /** Compares entries that were listed with the rows they concern. */
    interface Decide {
        DirectoryDiff decide(ListedEntries entries, Collection<Known> known);
    }

    /**
     * Writes one page, but for names that were looked at since the claim. False: it is lost.
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
            Decide decide,
            Supplier<List<HiddenKey>> keepHidden) {
        return database.transaction(connection -> {
            if (!renew(connection, directory.id(), claim, lease)) {
                return false;
            }
            LookStore.Looked newer = LookStore.after(connection, directory, claim.token());
            ListedEntries older = entries.without(newer);
            DirectoryDiff diff =
                    decide.decide(
                            older,
                            known(connection, directory.id(), older, span).stream()
                                    .filter(row -> !newer.hasName(row.name()))
                                    .toList());
            EntryStore.write(connection, directory, diff, claim.token());
            HiddenKeyStore.sync(
                    connection, directory, raw, older.hidden(), keepHidden.get(), newer.rawKeys());
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
            LookStore.Looked newer = LookStore.after(connection, directory, claim.token());
            Map<String, ObjectStatus> older = new HashMap<>(waiting);
            older.keySet().removeIf(newer::hasName);
            String[] names = older.keySet().toArray(String[]::new);
            DirectoryDiff diff =
                    DirectoryDiff.ofWaiting(
                            directory,
                            older,
                            EntryStore.byName(connection, directory.id(), names, 1).values());
            EntryStore.write(connection, directory, diff, claim.token());
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "DELETE FROM metadata.hidden_key WHERE directory_id = ? AND"
                                    + " raw_key = ANY (?)")) {
                statement.setLong(1, directory.id());
                byte[][] keys =
                        older.values().stream()
                                .map(object -> new HiddenKey(object.key(), "").raw())
                                .toArray(byte[][]::new);
                statement.setArray(2, connection.createArrayOf("bytea", keys));
                statement.executeUpdate();
            }
            HiddenKeyStore.insert(
                    connection,
                    directory,
                    waiting.entrySet().stream()
                            .filter(entry -> newer.directories().contains(entry.getKey()))
                            .map(entry -> HiddenKey.behindDirectory(entry.getValue().key()))
                            .toList());
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
                                listed_number = claim_token, claim_until = NULL
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
        try (PreparedStatement statement =
                connection.prepareStatement(
                        EntryStore.KNOWN_ROWS + " AND name > ? AND name <= ? AND kind = 1")) {
            bind(statement, directory, span);
            Database.list(statement, EntryStore::knownRow).forEach(row -> known.put(row.id(), row));
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        EntryStore.KNOWN_ROWS
                                + " AND name || '/' > ? AND name || '/' <= ? AND kind = 2")) {
            bind(statement, directory, span);
            Database.list(statement, EntryStore::knownRow).forEach(row -> known.put(row.id(), row));
        }
        known.putAll(
                EntryStore.byName(
                        connection, directory, entries.files().keySet().toArray(String[]::new), 2));
        known.putAll(
                EntryStore.byName(
                        connection, directory, entries.directories().toArray(String[]::new), 1));
        return known.values();
    }

    private static void bind(PreparedStatement statement, long directory, Span span)
            throws SQLException {
        statement.setLong(1, directory);
        statement.setString(2, span.from());
        statement.setString(3, span.to());
    }
}
