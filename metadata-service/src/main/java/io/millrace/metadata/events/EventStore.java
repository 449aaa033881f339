package io.millrace.metadata.events;

import io.millrace.metadata.database.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** SQL of how far events have been applied, and of those that could not be read. */
public final class EventStore {

    private static final int DEAD_KEPT = 1_000;

    private final Database database;

    public EventStore(Database database) {
        this.database = database;
    }

    /**
     * How far one partition has been applied.
     *
     * @param next the first offset that has not been
     * @param end of the partition, asked from the broker
     * @param newestEventMillis time of the newest event ever applied of it; 0: none
     */
    public record Progress(int partition, long next, long end, long newestEventMillis) {}

    /**
     * All partitions together.
     *
     * @param partitions how many are known
     * @param waiting messages that are not applied
     * @param silent how long no process has heard from the partition it heard from least
     * @param behind how long ago nothing was waiting in each
     * @param newestEventMillis 0: none was applied
     */
    public record Standing(
            int partitions,
            long waiting,
            Duration silent,
            Duration behind,
            long newestEventMillis,
            long dead) {}

    /** A message that could not be read. */
    public record Dead(
            int partition, long offset, long receivedMillis, String reason, String excerpt) {}

    /** Makes the topic's partitions known. */
    public void know(int partitions) {
        database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            INSERT INTO metadata.event_progress (partition, next_offset, end_offset,
                                newest_event_millis, caught_up, beat)
                            SELECT n, 0, 0, 0, '-infinity', '-infinity'
                            FROM generate_series(0, ? - 1) AS n ON CONFLICT DO NOTHING
                            """)) {
                statement.setInt(1, partitions);
                return statement.executeUpdate();
            }
        });
    }

    /** The first offset of {@code partition} that has not been applied; empty: none ever was. */
    public Optional<Long> next(int partition) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT next_offset FROM metadata.event_progress"
                                    + " WHERE partition = ? AND next_offset > 0")) {
                statement.setInt(1, partition);
                return Database.first(statement, row -> row.getLong(1));
            }
        });
    }

    /** Notes that the broker was heard, and how far its messages have been applied. */
    public void beat(Collection<Progress> partitions) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            INSERT INTO metadata.event_progress (partition, next_offset, end_offset,
                                newest_event_millis, caught_up, beat)
                            VALUES (?, ?, ?, ?,
                                CASE WHEN ? THEN clock_timestamp() ELSE '-infinity' END,
                                clock_timestamp())
                            ON CONFLICT (partition) DO UPDATE SET
                                next_offset = excluded.next_offset,
                                end_offset = excluded.end_offset,
                                newest_event_millis = greatest(
                                    event_progress.newest_event_millis,
                                    excluded.newest_event_millis),
                                caught_up = greatest(event_progress.caught_up, excluded.caught_up),
                                beat = excluded.beat
                            """)) {
                for (Progress progress : partitions) {
                    statement.setInt(1, progress.partition());
                    statement.setLong(2, progress.next());
                    statement.setLong(3, progress.end());
                    statement.setLong(4, progress.newestEventMillis());
                    statement.setBoolean(5, progress.next() >= progress.end());
                    statement.addBatch();
                }
                return statement.executeBatch();
            }
        });
    }

    public Standing standing() {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT count(*), coalesce(sum(greatest(end_offset - next_offset, 0)), 0),
                                coalesce(extract(epoch FROM clock_timestamp()
                                    - greatest(min(beat), '1970-01-01')) * 1000, 0)::bigint,
                                coalesce(extract(epoch FROM clock_timestamp()
                                    - greatest(min(caught_up), '1970-01-01')) * 1000, 0)::bigint,
                                coalesce(max(newest_event_millis), 0),
                                (SELECT count(*) FROM metadata.dead_event)
                            FROM metadata.event_progress
                            """)) {
                return Database.first(
                                statement,
                                row ->
                                        new Standing(
                                                row.getInt(1),
                                                row.getLong(2),
                                                Duration.ofMillis(row.getLong(3)),
                                                Duration.ofMillis(row.getLong(4)),
                                                row.getLong(5),
                                                row.getLong(6)))
                        .orElseThrow();
            }
        });
    }

    /** Keeps what could not be read, the newest {@value #DEAD_KEPT} of it. */
    public void bury(List<Dead> dead) {
        database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            INSERT INTO metadata.dead_event
                                (partition, record_offset, received_millis, reason, excerpt)
                            VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                            """)) {
                for (Dead one : dead) {
                    statement.setInt(1, one.partition());
                    statement.setLong(2, one.offset());
                    statement.setLong(3, one.receivedMillis());
                    statement.setString(4, one.reason());
                    statement.setString(5, one.excerpt());
                    statement.addBatch();
                }
                statement.executeBatch();
            }
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            DELETE FROM metadata.dead_event WHERE id <= (
                                SELECT id FROM metadata.dead_event ORDER BY id DESC
                                OFFSET ? LIMIT 1)
                            """)) {
                statement.setInt(1, DEAD_KEPT);
                return statement.executeUpdate();
            }
        });
    }

    /** The newest first. */
    public List<Dead> dead(int limit) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT partition, record_offset, received_millis, reason, excerpt
                            FROM metadata.dead_event ORDER BY id DESC LIMIT ?
                            """)) {
                statement.setInt(1, limit);
                return Database.list(statement, EventStore::dead);
            }
        });
    }

    private static Dead dead(ResultSet row) throws SQLException {
        return new Dead(
                row.getInt(1), row.getLong(2), row.getLong(3), row.getString(4), row.getString(5));
    }
}
