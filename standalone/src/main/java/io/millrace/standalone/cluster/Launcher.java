package io.millrace.standalone.cluster;

import io.millrace.embedded.EmbeddedServer;
import io.millrace.embedded.KafkaServer;
import io.millrace.embedded.Launch;
import io.millrace.embedded.PortChoice;
import io.millrace.embedded.PostgresServer;
import io.millrace.embedded.S3Server;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Starts one process, waits until it is ready, and ends it. */
final class Launcher {

    private static final Duration READY_LIMIT = Duration.ofSeconds(90);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(5);
    private static final long POLL_MILLIS = 50;
    private static final int TAIL_LINES = 15;

    private final Home home;
    private final Lifetime lifetime;
    private final @Nullable Watchdog watchdog;

    Launcher(Home home, Lifetime lifetime, @Nullable Watchdog watchdog) {
        this.home = home;
        this.lifetime = lifetime;
        this.watchdog = watchdog;
    }

    /**
     * Starts the part.
     *
     * @return what runs; {@link #awaitReady} says when it can be used
     */
    PartRecord spawn(PartSpec spec) {
        return switch (spec.start()) {
            case Start.Command command -> spawn(spec, command);
            case Start.Server server -> serve(spec, server);
        };
    }

    /** Servers are ready when this returns. */
    private PartRecord serve(PartSpec spec, Start.Server server) {
        Launch launch =
                Launch.in(server.directory())
                        .withPort(PortChoice.exactly(server.port()))
                        .withDeadline(READY_LIMIT)
                        .withParameters(server.parameters())
                        .withLifetime(
                                switch (lifetime) {
                                    case WITH_PARENT -> io.millrace.embedded.Lifetime.WITH_PARENT;
                                    case DETACHED -> io.millrace.embedded.Lifetime.DETACHED;
                                });
        EmbeddedServer started =
                switch (spec.kind()) {
                    case POSTGRES -> {
                        PostgresServer postgres = PostgresServer.start(launch);
                        postgres.createDatabase(ClusterPlan.DATABASE);
                        yield postgres;
                    }
                    case KAFKA -> KafkaServer.start(launch);
                    case S3 -> {
                        S3Server s3 = S3Server.start(launch);
                        s3.createBucket(ClusterPlan.BUCKET);
                        yield s3;
                    }
                    case CONTROL_PLANE, METADATA_SERVICE, JOB_SERVICE, WEB_CONSOLE, WORKER, AGENT ->
                            throw new IllegalArgumentException(spec.kind() + " is no server");
                };
        return new PartRecord(
                spec.name(),
                spec.kind(),
                ProcessIdentity.of(started.pid()).orElseThrow(() -> failed(spec, "ended")),
                spec.ports(),
                started.logFile().toString(),
                null);
    }

    private PartRecord spawn(PartSpec spec, Start.Command start) {
        List<String> command = new ArrayList<>();
        // A session of its own: what the terminal sends to the command line is not for it.
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid");
        }
        command.addAll(start.line());
        Path log = logOf(spec);
        try {
            if (Files.exists(log)) {
                Files.move(
                        log,
                        log.resolveSibling(log.getFileName() + ".1"),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile());
            // Names of files are UTF-8, whatever the terminal speaks.
            builder.environment().put("LC_ALL", "C.UTF-8");
            builder.environment().putAll(databaseAccess(start.datasources()));
            Process process = builder.start();
            ProcessIdentity identity =
                    ProcessIdentity.of(process.pid()).orElseThrow(() -> failed(spec, "ended"));
            if (watchdog != null) {
                watchdog.watch(identity);
                if (spec.mount() != null) {
                    watchdog.watch(spec.mount());
                }
            }
            return new PartRecord(
                    spec.name(), spec.kind(), identity, spec.ports(), log.toString(), spec.mount());
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    spec.name() + " could not be started: " + e.getMessage(),
                    e);
        }
    }

    private Map<String, String> databaseAccess(List<String> datasources) {
        Map<String, String> environment = new HashMap<>();
        if (!datasources.isEmpty()) {
            PostgresServer postgres =
                    PostgresServer.running(home.data("postgres"))
                            .orElseThrow(() ->
                                    new MillraceException(
                                            ErrorCode.UNAVAILABLE,
                                            "the embedded Postgres does not run"));
            for (String datasource : datasources) {
                String prefix = "QUARKUS_DATASOURCE_" + datasource.toUpperCase(Locale.ROOT) + "_";
                environment.put(prefix + "JDBC_URL", postgres.jdbcUrl(ClusterPlan.DATABASE));
                environment.put(prefix + "USERNAME", postgres.user());
                environment.put(prefix + "PASSWORD", postgres.password());
            }
        }
        return environment;
    }

    private Path logOf(PartSpec spec) {
        return switch (spec.start()) {
            case Start.Command _ -> home.logs().resolve(spec.name() + ".log");
            case Start.Server server -> server.directory().resolve("server.log");
        };
    }

    /**
     * Returns when the part is ready.
     *
     * @throws MillraceException with the end of its log when it ends, or takes too long
     */
    void awaitReady(PartSpec spec, PartRecord part) {
        switch (spec.start()) {
            case Start.Command command -> awaitReady(spec, part, command.readiness());
            case Start.Server _ -> {}
        }
    }

    private void awaitReady(PartSpec spec, PartRecord part, Readiness readiness) {
        long deadline = System.nanoTime() + READY_LIMIT.toNanos();
        while (true) {
            if (!part.isRunning()) {
                throw failed(spec, "ended before it was ready");
            }
            if (readiness.isReady()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw failed(
                        spec,
                        String.format(
                                Locale.ROOT,
                                "did not %s within %d s",
                                readiness.expectation(),
                                READY_LIMIT.toSeconds()));
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MillraceException(
                        ErrorCode.INTERRUPTED, spec.name() + " was not waited for", e);
            }
        }
    }

    /** Ends a process in order, or by force when it takes longer than its kind is given. */
    Stop stop(PartRecord part) {
        ProcessIdentity process = part.process();
        Stop outcome = Stop.WAS_NOT_RUNNING;
        Optional<? extends EmbeddedServer> server = server(part);
        if (server.isPresent()) {
            // Also one that a start left behind which was killed before it could write it down.
            server.get().stop(part.kind().stopLimit());
            outcome = server.get().isAlive() ? Stop.STILL_RUNNING : Stop.IN_ORDER;
        } else if (process != null && process.isAlive()) {
            process.terminate();
            outcome = Stop.IN_ORDER;
            if (!process.awaitEnd(part.kind().stopLimit())) {
                process.kill();
                outcome = process.awaitEnd(KILL_LIMIT) ? Stop.KILLED : Stop.STILL_RUNNING;
            }
        }
        if (part.mount() != null && !MountPoint.remove(Path.of(part.mount().directory()))) {
            return Stop.STILL_MOUNTED;
        }
        return outcome;
    }

    private Optional<? extends EmbeddedServer> server(PartRecord part) {
        return switch (part.kind()) {
            case POSTGRES -> PostgresServer.running(home.data(part.name()));
            case KAFKA -> KafkaServer.running(home.data(part.name()));
            case S3 -> S3Server.running(home.data(part.name()));
            case CONTROL_PLANE, METADATA_SERVICE, JOB_SERVICE, WEB_CONSOLE, WORKER, AGENT ->
                    Optional.empty();
        };
    }

    /** How a stop went. */
    enum Stop {
        IN_ORDER,
        WAS_NOT_RUNNING,
        KILLED,
        STILL_RUNNING,
        STILL_MOUNTED
    }

    /**
     * The first line says what happened, with what the program said last; the end of its log
     * follows.
     */
    private MillraceException failed(PartSpec spec, String how) {
        Path log = logOf(spec);
        List<String> tail =
                LogTail.lines(log, TAIL_LINES).stream().filter(line -> !line.isBlank()).toList();
        StringBuilder message = new StringBuilder(spec.name()).append(' ').append(how);
        if (!tail.isEmpty()) {
            message.append(": ").append(tail.getLast().strip());
        }
        message.append("\n  log ").append(log);
        if (tail.size() > 1) {
            tail.forEach(line -> message.append("\n  | ").append(line));
        }
        return new MillraceException(ErrorCode.UNAVAILABLE, message.toString());
    }
}
