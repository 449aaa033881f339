package io.millrace.metadata.changes;

import io.millrace.metadata.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Tells when a transaction that appended to the change log has committed, in whichever process:
 * Postgres notifies. Where that does not work waiting lasts its time, so it never hides a change.
 * Keeps one connection. For one thread.
 */
public final class ChangeSignalStore implements AutoCloseable {

    /** The channel of {@link ChangeLogStore#append}. */
    static final String CHANNEL = "millrace_changes";

    private final Database database;
    private @Nullable Connection connection;

    public ChangeSignalStore(Database database) {
        this.database = database;
    }

    /** Waits until something was appended since the last call, at most {@code most}. */
    public void await(Duration most) throws InterruptedException {
        int millis = Math.toIntExact(Math.max(1, most.toMillis()));
        try {
            Connection listening = connection == null ? listen() : connection;
            var _ = listening.unwrap(PGConnection.class).getNotifications(millis);
        } catch (SQLException e) {
            close();
            Thread.sleep(millis);
        }
    }

    private Connection listen() throws SQLException {
        Connection listening = database.ownConnection();
        connection = listening;
        try (Statement statement = listening.createStatement()) {
            statement.execute("LISTEN " + CHANNEL);
        }
        return listening;
    }

    @Override
    public void close() {
        Connection listening = connection;
        connection = null;
        if (listening == null) {
            return;
        }
        try (listening;
                Statement statement = listening.createStatement()) {
            statement.execute("UNLISTEN " + CHANNEL);
        } catch (SQLException e) {
            // It is gone, and what it listened to with it.
        }
    }
}
