package io.millrace.metadata.visibility;

import io.millrace.metadata.database.Database;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** SQL of who follows the watch stream. */
final class WatcherStore {

    private final Database database;

    WatcherStore(Database database) {
        this.database = database;
    }

    /** A watcher and how far it has applied the stream. */
    record Watcher(String subscriber, long sequence) {}

    /** Makes a watcher known, at {@code sequence} unless it said more before. */
    void open(String id, String subscriber, long sequence) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            INSERT INTO metadata.watcher (id, subscriber, sequence) VALUES (?, ?, ?)
                            ON CONFLICT (id) DO UPDATE SET subscriber = excluded.subscriber,
                                sequence = greatest(watcher.sequence, excluded.sequence),
                                beat = clock_timestamp()
                            """)) {
                statement.setString(1, id);
                statement.setString(2, subscriber);
                statement.setLong(3, sequence);
                return statement.executeUpdate();
            }
        });
    }

    /** Notes what watchers have applied. */
    void acknowledge(Map<String, Long> sequences) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.watcher AS w SET sequence = greatest(w.sequence, u.sequence)
                            FROM unnest(?::text[], ?::bigint[]) AS u(id, sequence) WHERE w.id = u.id
                            """)) {
                statement.setArray(
                        1, connection.createArrayOf("text", sequences.keySet().toArray()));
                statement.setArray(
                        2, connection.createArrayOf("int8", sequences.values().toArray()));
                return statement.executeUpdate();
            }
        });
    }

    /** Notes that these are still connected. */
    void beat(Collection<String> ids) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "UPDATE metadata.watcher SET beat = clock_timestamp()"
                                    + " WHERE id = ANY (?)")) {
                statement.setArray(1, connection.createArrayOf("text", ids.toArray()));
                return statement.executeUpdate();
            }
        });
    }

    void close(String id) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("DELETE FROM metadata.watcher WHERE id = ?")) {
                statement.setString(1, id);
                return statement.executeUpdate();
            }
        });
    }

    /** Those that were connected within {@code silence}, by name. */
    List<Watcher> connected(Duration silence) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT subscriber, sequence FROM metadata.watcher
                            WHERE beat > clock_timestamp() - ? * interval '1 millisecond'
                            ORDER BY subscriber, id
                            """)) {
                statement.setLong(1, silence.toMillis());
                return Database.list(
                        statement, row -> new Watcher(row.getString(1), row.getLong(2)));
            }
        });
    }

    /** Forgets those that were not connected within {@code silence}. */
    void prune(Duration silence) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "DELETE FROM metadata.watcher"
                                    + " WHERE beat < clock_timestamp() - ? * interval '1 millisecond'")) {
                statement.setLong(1, silence.toMillis());
                return statement.executeUpdate();
            }
        });
    }
}
