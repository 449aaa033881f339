package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;

/**
 * What a server in a JVM writes into its directory once it is ready.
 *
 * @param pid of the server
 * @param port it listens on
 */
record ServerState(long pid, int port) {

    private static final String FILE = "server.state";

    static Optional<ServerState> read(Path directory) {
        Properties properties = PrivateFile.read(directory.resolve(FILE));
        if (properties == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new ServerState(
                            Long.parseLong(properties.getProperty("pid", "")),
                            Integer.parseInt(properties.getProperty("port", ""))));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    static OptionalInt lastPort(Path directory) {
        return read(directory)
                .map(state -> OptionalInt.of(state.port()))
                .orElse(OptionalInt.empty());
    }

    void write(Path directory) throws IOException {
        PrivateFile.write(
                directory.resolve(FILE),
                Map.of("pid", Long.toString(pid), "port", Integer.toString(port)));
    }
}
