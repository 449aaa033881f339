package io.millrace.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What starting a server needs.
 *
 * @param directory its data, logs, credentials and state; made when missing, kept across restarts
 * @param port where it listens
 * @param lifetime how long it lives
 * @param jvm of the servers that run in a JVM
 * @param parameters laid over the server's own: {@code postgresql.conf} parameters, Kafka broker
 *     configuration, or where the S3 server tells of changes
 * @param deadline for being ready
 */
public record Launch(
        Path directory,
        PortChoice port,
        Lifetime lifetime,
        JvmOptions jvm,
        Map<String, String> parameters,
        Duration deadline) {

    public Launch {
        directory = directory.toAbsolutePath().normalize();
        parameters = Map.copyOf(parameters);
    }

    /** On any free port, ending with this process, with 60 s to become ready. */
    public static Launch in(Path directory) {
        return new Launch(
                directory,
                PortChoice.any(),
                Lifetime.WITH_PARENT,
                JvmOptions.DEFAULT,
                Map.of(),
                Duration.ofSeconds(60));
    }

    public Launch withPort(PortChoice other) {
        return new Launch(directory, other, lifetime, jvm, parameters, deadline);
    }

    public Launch withLifetime(Lifetime other) {
        return new Launch(directory, port, other, jvm, parameters, deadline);
    }

    public Launch withJvm(JvmOptions other) {
        return new Launch(directory, port, lifetime, other, parameters, deadline);
    }

    public Launch withParameters(Map<String, String> other) {
        return new Launch(directory, port, lifetime, jvm, other, deadline);
    }

    public Launch withDeadline(Duration other) {
        return new Launch(directory, port, lifetime, jvm, parameters, other);
    }
}
