package io.millrace.embedded;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts the servers that run in a JVM of their own; {@link JvmServerMain} is their other half. */
final class JvmServer {

    static final String LOG = "server.log";
    private static final int PORT_TRIES = 5;

    private JvmServer() {}

    /** The server running in {@code directory}, with the port it announced. */
    static Optional<Running> running(Path directory, Class<?> main) {
        Path absolute = directory.toAbsolutePath().normalize();
        return ServerState.read(absolute)
                .filter(state -> ProcessTable.runs(state.pid(), absolute, main.getName()))
                .map(state ->
                        new Running(
                                new ServerProcess(state.pid(), absolute, main.getName(), null),
                                state.port()));
    }

    static Running start(
            Launch launch,
            Class<?> main,
            String subject,
            List<String> flags,
            Map<String, String> properties) {
        try {
            Files.createDirectories(launch.directory());
            Optional<Running> found = running(launch.directory(), main);
            if (found.isPresent()) {
                Running running = found.get();
                if (launch.lifetime() == Lifetime.DETACHED
                        && suits(launch.port(), running.port())) {
                    return running;
                }
                running.process().stop("TERM", EmbeddedServer.DEFAULT_GRACE);
            }
            for (long orphan : ProcessTable.in(launch.directory(), main.getName())) {
                new ServerProcess(orphan, launch.directory(), main.getName(), null).kill();
            }
            for (int attempt = 1; ; attempt++) {
                int port =
                        Ports.choose(
                                launch.port(), ServerState.lastPort(launch.directory()), subject);
                try {
                    return start(launch, main, subject, flags, properties, port);
                } catch (MillraceException e) {
                    if (Ports.isFree(port) || attempt == PORT_TRIES) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    subject + " cannot be started in " + launch.directory() + ": " + e,
                    e);
        }
    }

    private static Running start(
            Launch launch,
            Class<?> main,
            String subject,
            List<String> flags,
            Map<String, String> properties,
            int port)
            throws IOException {
        Path log = launch.directory().resolve(LOG);
        List<String> classPath =
                launch.jvm().classPath().isEmpty()
                        ? ChildClassPath.own()
                        : launch.jvm().classPath();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
        command.add("-Dslf4j.provider=" + LineLogging.class.getName());
        command.addAll(flags);
        command.addAll(launch.jvm().flags());
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath)));
        command.add(main.getName());
        command.add(launch.directory().toString());
        command.add(Integer.toString(port));
        command.add(launch.lifetime().name());
        properties.forEach((key, value) -> command.add(key + "=" + value));
        launch.parameters().forEach((key, value) -> command.add(key + "=" + value));
        ServerProcess process =
                ServerProcess.spawn(
                        command,
                        launch.directory(),
                        main.getName(),
                        log,
                        launch.lifetime(),
                        // File names are object keys, in UTF-8 whatever the user's locale.
                        Map.of("LC_ALL", "C.UTF-8"));
        process.awaitReady(
                () ->
                        ServerState.read(launch.directory())
                                .filter(state -> state.pid() == process.pid())
                                .isPresent(),
                launch.deadline(),
                subject,
                log);
        return new Running(process, port);
    }

    private static boolean suits(PortChoice choice, int port) {
        return switch (choice) {
            case PortChoice.Any() -> true;
            case PortChoice.Preferably(int wanted) -> true;
            case PortChoice.Exactly(int wanted) -> wanted == port;
        };
    }

    /**
     * A server and where it listens.
     *
     * @param process of the server
     * @param port on 127.0.0.1
     */
    record Running(ServerProcess process, int port) {}
}
