package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import javax.sql.DataSource;

/** Transactions over the jobs' schema, and what their failures are called. */
public final class Database {

    private static final int TRIES = 3;

    /** Postgres: no character of its texts; no character of its JSON. */
    private static final Set<String> NOT_TEXT = Set.of("22021", "22P05");

    private final DataSource source;

    /** Work within one transaction; it neither commits nor closes. */
    @FunctionalInterface
    public interface Work<T extends @org.jspecify.annotations.Nullable Object> {
        T in(Connection connection) throws SQLException;
    }

    public Database(DataSource source) {
        this.source = source;
    }

    /**
     * Does {@code work} in one transaction, again when it met another one (deadlock,
     * serialization).
     *
     * @throws MillraceException UNAVAILABLE when the database cannot be reached: whether the work
     *     was committed is then unknown; what {@code work} throws, after a roll-back
     */
    public <T extends @org.jspecify.annotations.Nullable Object> T transaction(Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return once(work);
            } catch (SQLException e) {
                if (attempt == TRIES || !state(e).startsWith("40")) {
                    throw translated(e);
                }
            }
        }
    }

    private <T extends @org.jspecify.annotations.Nullable Object> T once(Work<T> work)
            throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try {
                T result = work.in(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                try {
                    connection.rollback();
                } catch (SQLException rollback) {
                    e.addSuppressed(rollback);
                }
                throw e;
            } finally {
                restoreAutoCommit(connection);
            }
        }
    }

    private static void restoreAutoCommit(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            // A connection that is broken: the pool finds that out when it is given back.
        }
    }

    private static String state(SQLException e) {
        return e.getSQLState() == null ? "" : e.getSQLState();
    }

    private static MillraceException translated(SQLException e) {
        String state = state(e);
        if (NOT_TEXT.contains(state)) {
            return new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "a text of the request holds a NUL character; no name or path has one",
                    e);
        }
        boolean away = state.isEmpty() || state.startsWith("08") || state.startsWith("57P");
        return away
                ? new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "the jobs' database (quarkus.datasource.jobs.jdbc.url) cannot be reached: "
                                + e.getMessage(),
                        e)
                : new MillraceException(
                        ErrorCode.INTERNAL, "the jobs' database refused a statement", e);
    }
}
