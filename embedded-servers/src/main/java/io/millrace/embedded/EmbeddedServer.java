package io.millrace.embedded;

import java.nio.file.Path;
import java.time.Duration;

/** A running server: a process of its own with a directory of its own, on 127.0.0.1. */
public sealed interface EmbeddedServer extends AutoCloseable
        permits PostgresServer, KafkaServer, S3Server {

    Duration DEFAULT_GRACE = Duration.ofSeconds(15);

    Path directory();

    int port();

    long pid();

    boolean isAlive();

    /** What the server wrote to its standard output and error. */
    Path logFile();

    /**
     * Ends the server and waits until it is gone: gracefully for at most {@code grace}, then by
     * force. Does nothing when it has ended already.
     */
    void stop(Duration grace);

    default void stop() {
        stop(DEFAULT_GRACE);
    }

    @Override
    default void close() {
        stop();
    }
}
