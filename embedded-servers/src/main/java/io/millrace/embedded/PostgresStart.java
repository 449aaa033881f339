package io.millrace.embedded;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Starting Postgres: its data directory, what a process killed earlier left behind, its command
 * line.
 *
 * <p>Postgres refuses to run as root, and decides by the number its user has. As root it is started
 * in a user namespace of its own without a mapping ({@code unshare -U}), where root's number is
 * nobody's, and the files of root are those of that same nobody.
 */
record PostgresStart(Launch launch) {

    private static final String SUBJECT = "Postgres";
    private static final String MARK = "postgres";
    private static final int PORT_TRIES = 5;
    private static final int PID_LINE = 0;
    private static final int PORT_LINE = 3;
    private static final int STATUS_LINE = 7;

    /**
     * Runs Postgres in this process and, beside it, waits for the end of standard input to stop it:
     * it has no such thing of its own. The pid file tells that the number is still its own.
     */
    private static final String WITH_PARENT_SCRIPT =
            """
            exec 3<&0 </dev/null
            pid=$$ pidfile=$1
            shift
            ( (
              trap '' HUP INT TERM
              cd /
              cat <&3 >/dev/null
              exec 3<&-
              tries=0
              while [ "$tries" -lt 100 ] && kill -0 "$pid" 2>/dev/null; do
                running=
                { read -r running <"$pidfile"; } 2>/dev/null
                if [ "$running" = "$pid" ]; then
                  if [ "$tries" -lt 50 ]; then kill -INT "$pid"; else kill -QUIT "$pid"; fi
                fi
                tries=$((tries + 1))
                sleep 0.1
              done
            ) & ) 2>/dev/null
            exec 3<&-
            exec "$@"
            """;

    static Path data(Path directory) {
        return directory.resolve("data");
    }

    static Path credentials(Path directory) {
        return directory.resolve("credentials.properties");
    }

    static Optional<PostgresServer> running(Path directory) {
        List<String> lines = pidFile(directory);
        if (lines.size() <= STATUS_LINE || !lines.get(STATUS_LINE).strip().equals("ready")) {
            return Optional.empty();
        }
        long pid = Long.parseLong(lines.get(PID_LINE).strip());
        if (!ProcessTable.runs(pid, data(directory), MARK)) {
            return Optional.empty();
        }
        return Optional.of(
                new PostgresServer(
                        directory,
                        new ServerProcess(pid, data(directory), MARK, null),
                        Integer.parseInt(lines.get(PORT_LINE).strip())));
    }

    PostgresServer run() {
        Path directory = launch.directory();
        try {
            Files.createDirectories(directory);
            Optional<PostgresServer> found = running(directory);
            if (found.isPresent()) {
                if (launch.lifetime() == Lifetime.DETACHED && suits(found.get().port())) {
                    return found.get();
                }
                found.get().stop();
            }
            clearStale(directory);
            Path binaries = PostgresBinaries.unpacked();
            if (!Files.exists(data(directory).resolve("PG_VERSION"))) {
                initialise(binaries);
            }
            for (int attempt = 1; ; attempt++) {
                int port = Ports.choose(launch.port(), ServerState.lastPort(directory), SUBJECT);
                try {
                    return start(binaries, port);
                } catch (MillraceException e) {
                    if (Ports.isFree(port) || attempt == PORT_TRIES) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, "Postgres cannot be started in " + directory + ": " + e, e);
        }
    }

    private PostgresServer start(Path binaries, int port) throws IOException {
        Path directory = launch.directory();
        Path log = directory.resolve(JvmServer.LOG);
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("listen_addresses", "127.0.0.1");
        parameters.put("unix_socket_directories", "");
        parameters.put("shared_buffers", "64MB");
        parameters.put("max_connections", "100");
        parameters.put("fsync", "on");
        parameters.put("synchronous_commit", "on");
        parameters.put("logging_collector", "off");
        parameters.put("log_min_messages", "warning");
        parameters.putAll(new TreeMap<>(launch.parameters()));
        parameters.put("port", Integer.toString(port));
        List<String> command = new ArrayList<>();
        if (launch.lifetime() == Lifetime.WITH_PARENT) {
            command.addAll(List.of("/bin/sh", "-c", WITH_PARENT_SCRIPT, "postgres-watch"));
            command.add(data(directory).resolve("postmaster.pid").toString());
        }
        command.addAll(asPostgresUser());
        command.add(binaries.resolve("bin/postgres").toString());
        command.addAll(List.of("-D", data(directory).toString()));
        parameters.forEach((key, value) -> command.addAll(List.of("-c", key + "=" + value)));
        ServerProcess process =
                ServerProcess.spawn(
                        command,
                        data(directory),
                        MARK,
                        log,
                        launch.lifetime(),
                        Map.of("LC_ALL", "C", "PGTZ", "UTC"));
        process.awaitReady(
                () ->
                        running(directory)
                                .filter(server -> server.pid() == process.pid())
                                .isPresent(),
                launch.deadline(),
                SUBJECT,
                log);
        new ServerState(process.pid(), port).write(directory);
        return new PostgresServer(directory, process, port);
    }

    private void initialise(Path binaries) throws IOException {
        Path directory = launch.directory();
        // What an interrupted first start left: without PG_VERSION it holds nothing yet.
        PostgresBinaries.deleteTree(data(directory));
        Path fresh = directory.resolve("data.new");
        PostgresBinaries.deleteTree(fresh);
        String password = PrivateFile.secret(20);
        PrivateFile.write(
                credentials(directory),
                Map.of("username", PostgresServer.USER, "password", password));
        Path passwordFile =
                Files.createTempFile(
                        directory,
                        "password",
                        "",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        Path log = directory.resolve("initdb.log");
        try {
            Files.writeString(passwordFile, password);
            List<String> command = new ArrayList<>(asPostgresUser());
            command.add(binaries.resolve("bin/initdb").toString());
            command.addAll(List.of("-D", fresh.toString(), "-U", PostgresServer.USER));
            command.addAll(List.of("-A", "scram-sha-256", "--pwfile", passwordFile.toString()));
            command.addAll(List.of("-E", "UTF8", "--locale", "C", "--no-instructions"));
            command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
            if ("off".equals(launch.parameters().get("fsync"))) {
                command.add("--no-sync");
            }
            ServerProcess process =
                    ServerProcess.spawn(
                            command,
                            directory,
                            "initdb",
                            log,
                            Lifetime.DETACHED,
                            Map.of("LC_ALL", "C", "TZ", "UTC"));
            Process child = process.child();
            if (child == null || child.waitFor() != 0) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "Postgres cannot make its data directory; the end of "
                                + log
                                + ":\n"
                                + ServerProcess.tail(log));
            }
            Files.move(fresh, data(directory));
        } catch (InterruptedException e) {
            throw ServerProcess.interrupted(e);
        } finally {
            Files.deleteIfExists(passwordFile);
        }
    }

    /**
     * Ends what is left of a server whose main process was killed, and removes its pid file:
     * Postgres itself would believe the file when the number belongs to another process now.
     */
    static void clearStale(Path directory) throws IOException {
        Path data = data(directory);
        if (!Files.exists(data)) {
            return;
        }
        for (long pid : ProcessTable.in(data, MARK)) {
            new ServerProcess(pid, data, MARK, null).kill();
        }
        Files.deleteIfExists(data.resolve("postmaster.pid"));
    }

    private boolean suits(int port) {
        return switch (launch.port()) {
            case PortChoice.Any() -> true;
            case PortChoice.Preferably(int wanted) -> true;
            case PortChoice.Exactly(int wanted) -> wanted == port;
        };
    }

    private static List<String> pidFile(Path directory) {
        try {
            return Files.readAllLines(data(directory).resolve("postmaster.pid"));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static List<String> asPostgresUser() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return List.of();
        }
        return List.of(
                Tools.find("unshare")
                        .orElseThrow(() ->
                                new MillraceException(
                                        ErrorCode.UNAVAILABLE,
                                        "Postgres does not run as root, and there is no"
                                                + " 'unshare' (util-linux) to change that;"
                                                + " install it or run as another user")),
                "-U");
    }
}
