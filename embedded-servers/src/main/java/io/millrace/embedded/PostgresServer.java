package io.millrace.embedded;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * A Postgres server. One role, {@code millrace}, with a password made at the first start and kept
 * in {@code credentials.properties} of its directory, readable by the owner only: other users of
 * the machine reach loopback too.
 */
public final class PostgresServer implements EmbeddedServer {

    /** Parameters that trade the safety of the data for speed. For tests only. */
    public static final Map<String, String> VOLATILE =
            Map.of("fsync", "off", "synchronous_commit", "off", "full_page_writes", "off");

    static final String USER = "millrace";
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");
    private static final String DUPLICATE_DATABASE = "42P04";

    private final Path directory;
    private final ServerProcess process;
    private final int port;

    PostgresServer(Path directory, ServerProcess process, int port) {
        this.directory = directory;
        this.process = process;
        this.port = port;
    }

    /**
     * Starts a server and waits until it accepts connections. A server already running in the
     * directory is adopted when the launch is DETACHED and its port suits, and replaced otherwise.
     *
     * @throws MillraceException CONFLICT: the port is taken; UNAVAILABLE: it ended while starting;
     *     DEADLINE_EXCEEDED. The last two with the end of its log
     */
    public static PostgresServer start(Launch launch) {
        return new PostgresStart(launch).run();
    }

    /** The server running in {@code directory}, whoever started it. */
    public static Optional<PostgresServer> running(Path directory) {
        return PostgresStart.running(directory.toAbsolutePath().normalize());
    }

    /** Where {@code database} is reached; user and password are given apart. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    public String user() {
        return USER;
    }

    public String password() {
        Properties credentials = PrivateFile.read(PostgresStart.credentials(directory));
        if (credentials == null) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, PostgresStart.credentials(directory) + " is gone");
        }
        return credentials.getProperty("password", "");
    }

    /** Makes a database; does nothing when it is there. */
    public void createDatabase(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "not a database name: '" + name + "' (a-z, 0-9 and '_', at most 63)");
        }
        try (Connection connection = connect("postgres")) {
            if (!exists(connection, name)) {
                create(connection, name);
            }
        } catch (SQLException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, "database " + name + " cannot be made: " + e, e);
        }
    }

    /** A connection of the caller's own to {@code database}. */
    public Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user());
        properties.setProperty("password", password());
        properties.setProperty("connectTimeout", "10");
        Connection connection = new org.postgresql.Driver().connect(jdbcUrl(database), properties);
        if (connection == null) {
            throw new SQLException("not a Postgres URL: " + jdbcUrl(database));
        }
        return connection;
    }

    private static boolean exists(Connection connection, String name) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("select 1 from pg_database where datname = ?")) {
            query.setString(1, name);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static void create(Connection connection, String name) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            if (!DUPLICATE_DATABASE.equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public Path logFile() {
        return directory.resolve(JvmServer.LOG);
    }

    /** Fast shutdown: clients are disconnected, the log is written out. */
    @Override
    public void stop(Duration grace) {
        process.stop("INT", grace);
        if (Files.exists(PostgresStart.data(directory).resolve("postmaster.pid"))) {
            try {
                PostgresStart.clearStale(directory);
            } catch (IOException e) {
                throw new MillraceException(
                        ErrorCode.IO_ERROR, "Postgres in " + directory + " cannot be stopped", e);
            }
        }
    }
}
