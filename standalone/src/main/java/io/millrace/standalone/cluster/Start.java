package io.millrace.standalone.cluster;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** How a process comes to run. */
sealed interface Start {

    /**
     * By a command line, then asked until it is ready.
     *
     * @param line program and arguments
     * @param datasources that it opens in the embedded Postgres, whose password it is given by its
     *     environment, where other users do not see it
     * @param readiness what is asked
     */
    record Command(List<String> line, List<String> datasources, Readiness readiness)
            implements Start {
        public Command {
            line = List.copyOf(line);
            datasources = List.copyOf(datasources);
        }
    }

    /**
     * By {@code embedded-servers}, which waits itself.
     *
     * @param directory of its data
     * @param port to listen on
     * @param parameters laid over the server's own
     */
    record Server(Path directory, int port, Map<String, String> parameters) implements Start {}
}
