package io.millrace.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Kafka broker that is its own controller (KRaft), in a JVM of its own. Topics are not made by
 * writing to them.
 */
public final class KafkaServer implements EmbeddedServer {

    private final JvmServer.Running running;

    private KafkaServer(JvmServer.Running running) {
        this.running = running;
    }

    /**
     * Starts a broker and waits until it answers. A broker already running in the directory is
     * adopted when the launch is DETACHED and its port suits, and replaced otherwise.
     *
     * @throws io.millrace.model.MillraceException CONFLICT: the port is taken; UNAVAILABLE: it
     *     ended while starting; DEADLINE_EXCEEDED. The last two with the end of its log
     */
    public static KafkaServer start(Launch launch) {
        int controllerPort = Ports.free(java.util.OptionalInt.empty(), "Kafka's controller");
        return new KafkaServer(
                JvmServer.start(
                        launch,
                        KafkaMain.class,
                        "Kafka",
                        List.of("-XX:TieredStopAtLevel=1"),
                        Map.of(KafkaMain.CONTROLLER_PORT, Integer.toString(controllerPort))));
    }

    /** The broker running in {@code directory}, whoever started it. */
    public static Optional<KafkaServer> running(Path directory) {
        return JvmServer.running(directory, KafkaMain.class).map(KafkaServer::new);
    }

    /** For {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port();
    }

    @Override
    public Path directory() {
        return running.process().directory();
    }

    @Override
    public int port() {
        return running.port();
    }

    @Override
    public long pid() {
        return running.process().pid();
    }

    @Override
    public boolean isAlive() {
        return running.process().isAlive();
    }

    @Override
    public Path logFile() {
        return directory().resolve(JvmServer.LOG);
    }

    @Override
    public void stop(Duration grace) {
        running.process().stop("TERM", grace);
    }
}
