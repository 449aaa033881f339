package io.millrace.embedded.testing;

import io.millrace.embedded.EmbeddedServer;
import io.millrace.embedded.KafkaServer;
import io.millrace.embedded.Launch;
import io.millrace.embedded.PostgresServer;
import io.millrace.embedded.S3Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One Postgres, one Kafka and one S3 server per JVM, each started when first asked for and shared
 * by all tests of the JVM, also across class loaders. They end with the JVM, however it ends; their
 * data lies below {@code target/embedded} and is removed when the JVM ends in order, or by the next
 * run.
 *
 * <p>Tests share them: use names (databases, topics, buckets) of your own.
 */
public final class TestServers {

    private static final String DIRECTORY = "millrace.embedded.test.directory";

    private TestServers() {}

    /** With fsync off. */
    public static PostgresServer postgres() {
        return shared(
                "postgres",
                PostgresServer::running,
                () ->
                        PostgresServer.start(
                                Launch.in(directory().resolve("postgres"))
                                        .withParameters(PostgresServer.VOLATILE)));
    }

    public static KafkaServer kafka() {
        return shared(
                "kafka",
                KafkaServer::running,
                () -> KafkaServer.start(Launch.in(directory().resolve("kafka"))));
    }

    public static S3Server s3() {
        return shared(
                "s3",
                S3Server::running,
                () -> S3Server.start(Launch.in(directory().resolve("s3"))));
    }

    /**
     * The lock is one for the whole JVM, as the servers are: this class may be loaded more than
     * once in it.
     */
    @SuppressWarnings("LockOnNonEnclosingClassLiteral")
    private static <T extends EmbeddedServer> T shared(
            String name, Function<Path, Optional<T>> running, Supplier<T> start) {
        synchronized (System.class) {
            return running.apply(directory().resolve(name)).orElseGet(start);
        }
    }

    @SuppressWarnings("LockOnNonEnclosingClassLiteral")
    private static Path directory() {
        synchronized (System.class) {
            String known = System.getProperty(DIRECTORY);
            if (known != null) {
                return Path.of(known);
            }
            try {
                Path root = Path.of("target", "embedded").toAbsolutePath();
                Files.createDirectories(root);
                removeLeftovers(root);
                Path directory =
                        Files.createDirectory(
                                root.resolve(Long.toString(ProcessHandle.current().pid())));
                System.setProperty(DIRECTORY, directory.toString());
                Runtime.getRuntime().addShutdownHook(new Thread(() -> end(directory)));
                return directory;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void end(Path directory) {
        Stream.<Optional<? extends EmbeddedServer>>of(
                        PostgresServer.running(directory.resolve("postgres")),
                        KafkaServer.running(directory.resolve("kafka")),
                        S3Server.running(directory.resolve("s3")))
                .flatMap(Optional::stream)
                .parallel()
                .forEach(EmbeddedServer::stop);
        TestDirectory.delete(directory);
    }

    /** What earlier JVMs left that were killed: named by their process numbers. */
    private static void removeLeftovers(Path root) throws IOException {
        try (Stream<Path> directories = Files.list(root)) {
            directories.filter(directory -> !ownerLives(directory)).forEach(TestDirectory::delete);
        }
    }

    private static boolean ownerLives(Path directory) {
        try {
            long pid = Long.parseLong(directory.getFileName().toString());
            return pid != ProcessHandle.current().pid()
                    && ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
