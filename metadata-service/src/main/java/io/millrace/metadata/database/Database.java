package io.millrace.metadata.database;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Connections for the stores: one statement or one transaction, then back to the pool. Nothing that
 * runs here may call the under store or Kafka.
 *
 * <p>Failures are {@link MillraceException}: UNAVAILABLE when Postgres cannot be reached or the
 * pool is empty for too long, INVALID_ARGUMENT for a text with a NUL character, INTERNAL for the
 * rest. A transaction that met a deadlock or another's serialization is run again.
 */
public final class Database {

    private static final int ATTEMPTS = 5;

    /** Postgres: no character of its texts; no character of its JSON. */
    private static final Set<String> NOT_TEXT = Set.of("22021", "22P05");

    private final DataSource dataSource;

    public Database(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** What is done with a connection; may run more than once in {@link #transaction}. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Makes one value of the row the result set stands at. */
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Statements that commit one by one. */
    public <T> T read(Work<T> work) {
        try (Connection connection = dataSource.getConnection()) {
            return work.run(connection);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** A connection for as long as the caller wants, who closes it. */
    public Connection ownConnection() throws SQLException {
        return dataSource.getConnection();
    }

    /** All or nothing, at READ COMMITTED. */
    public <T> T transaction(Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try (Connection connection = dataSource.getConnection()) {
                return once(connection, work);
            } catch (SQLException e) {
                if (attempt >= ATTEMPTS || !mayWorkNextTime(e)) {
                    throw failure(e);
                }
            }
        }
    }

    private static <T> T once(Connection connection, Work<T> work) throws SQLException {
        connection.setAutoCommit(false);
        try {
            T result = work.run(connection);
            connection.commit();
            return result;
        } catch (SQLException | RuntimeException | Error e) {
            try {
                connection.rollback();
            } catch (SQLException again) {
                e.addSuppressed(again);
            }
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** All rows of a query. */
    public static <T> List<T> list(PreparedStatement statement, RowReader<T> reader)
            throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            List<T> result = new ArrayList<>();
            while (rows.next()) {
                result.add(reader.read(rows));
            }
            return result;
        }
    }

    /** The first row of a query. */
    public static <T> Optional<T> first(PreparedStatement statement, RowReader<T> reader)
            throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(reader.read(rows)) : Optional.empty();
        }
    }

    private static boolean mayWorkNextTime(SQLException e) {
        String state = e.getSQLState();
        return "40001".equals(state) || "40P01".equals(state);
    }

    private static MillraceException failure(SQLException e) {
        String state = e.getSQLState();
        if (state != null && NOT_TEXT.contains(state)) {
            return new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "a text of the request holds a NUL character; no name or path has one",
                    e);
        }
        boolean away =
                state == null
                        || state.startsWith("08")
                        || state.startsWith("57P")
                        || state.startsWith("53");
        return away
                ? new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "Postgres cannot be reached (quarkus.datasource.metadata.jdbc.url)",
                        e)
                : new MillraceException(
                        ErrorCode.INTERNAL, "Postgres refused a statement (" + state + ")", e);
    }
}
