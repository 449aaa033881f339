package io.millrace.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {

    @TempDir Path directory;

    @AfterEach
    void stop() {
        PostgresServer.running(directory).ifPresent(PostgresServer::stop);
    }

    @Test
    void aRestartKeepsTheDataAndThePort() throws Exception {
        int port;
        try (PostgresServer server = PostgresServer.start(Launch.in(directory))) {
            port = server.port();
            server.createDatabase("millrace");
            server.createDatabase("millrace");
            execute(server, "create table t as select 42 as x");
        }
        assertTrue(ProcessTable.in(PostgresStart.data(directory), "postgres").isEmpty());
        try (PostgresServer server = PostgresServer.start(Launch.in(directory))) {
            assertEquals(port, server.port());
            assertEquals("42", query(server, "select x from t"));
        }
    }

    @Test
    void itIsDurableUnlessAskedOtherwise() throws Exception {
        try (PostgresServer server = PostgresServer.start(Launch.in(directory))) {
            server.createDatabase("millrace");
            assertEquals("on", query(server, "show fsync"));
            assertEquals("on", query(server, "show synchronous_commit"));
            assertEquals("127.0.0.1", query(server, "show listen_addresses"));
        }
        Launch fast = Launch.in(directory).withParameters(PostgresServer.VOLATILE);
        try (PostgresServer server = PostgresServer.start(fast)) {
            assertEquals("off", query(server, "show fsync"));
        }
    }

    @Test
    void afterKillItStartsOnItsDataAgain() throws Exception {
        PostgresServer killed = PostgresServer.start(Launch.in(directory));
        killed.createDatabase("millrace");
        execute(killed, "create table t as select 7 as x");
        new ProcessBuilder("kill", "-9", Long.toString(killed.pid())).start().waitFor();
        try (PostgresServer server = PostgresServer.start(Launch.in(directory))) {
            assertNotEquals(killed.pid(), server.pid());
            assertEquals("7", query(server, "select x from t"));
        }
    }

    /** As after a power cut, when the number in the pid file is another process's by now. */
    @Test
    void aPidFileThatNamesAnotherProcessIsNotBelieved() throws Exception {
        PostgresServer.start(Launch.in(directory)).stop();
        Files.write(
                PostgresStart.data(directory).resolve("postmaster.pid"),
                List.of(
                        Long.toString(ProcessHandle.current().pid()),
                        PostgresStart.data(directory).toString(),
                        "0",
                        "5432",
                        "",
                        "127.0.0.1",
                        "",
                        "ready"));
        assertTrue(PostgresServer.running(directory).isEmpty());
        try (PostgresServer server = PostgresServer.start(Launch.in(directory))) {
            assertTrue(server.isAlive());
        }
    }

    @Test
    void aDetachedServerIsAdoptedAndAnOwnedOneReplacesIt() {
        Launch detached = Launch.in(directory).withLifetime(Lifetime.DETACHED);
        PostgresServer first = PostgresServer.start(detached);
        assertEquals(first.pid(), PostgresServer.start(detached).pid());
        try (PostgresServer owned = PostgresServer.start(Launch.in(directory))) {
            assertNotEquals(first.pid(), owned.pid());
            assertFalse(first.isAlive());
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            Launch launch = Launch.in(directory).withPort(PortChoice.exactly(taken.getLocalPort()));
            MillraceException e =
                    assertThrows(MillraceException.class, () -> PostgresServer.start(launch));
            assertEquals(ErrorCode.CONFLICT, e.code());
            assertTrue(e.getMessage().contains("127.0.0.1:" + taken.getLocalPort()));
        }
    }

    @Test
    void aTakenPortIsReplacedWhenItWasOnlyPreferred() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
                PostgresServer server =
                        PostgresServer.start(
                                Launch.in(directory)
                                        .withPort(PortChoice.preferably(taken.getLocalPort())))) {
            assertNotEquals(taken.getLocalPort(), server.port());
        }
    }

    @Test
    void aFailureShowsTheEndOfTheLog() throws Exception {
        Launch launch =
                Launch.in(directory)
                        .withParameters(java.util.Map.of("max_connections", "not-a-number"));
        MillraceException e =
                assertThrows(MillraceException.class, () -> PostgresServer.start(launch));
        assertEquals(ErrorCode.UNAVAILABLE, e.code());
        assertTrue(e.getMessage().contains("max_connections"), e.getMessage());
        assertTrue(ProcessTable.in(PostgresStart.data(directory), "postgres").isEmpty());
    }

    @Test
    void theSecretIsTheOwnersOnlyAndNeeded() throws Exception {
        try (PostgresServer server = PostgresServer.start(Launch.in(directory))) {
            assertEquals(
                    PosixFilePermissions.fromString("rw-------"),
                    Files.getPosixFilePermissions(PostgresStart.credentials(directory)));
            java.util.Properties wrong = new java.util.Properties();
            wrong.setProperty("user", server.user());
            wrong.setProperty("password", "guessed");
            assertThrows(
                    SQLException.class,
                    () -> new org.postgresql.Driver().connect(server.jdbcUrl("postgres"), wrong));
        }
    }

    private static void execute(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.connect("millrace");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.connect("millrace");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
