package io.millrace.embedded;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * An S3 server that keeps objects in files, in a JVM of its own. Path style, signature version 4,
 * any region. It has no versioning, and a key that is also the directory of another ({@code a}
 * beside {@code a/b}) is refused with 500.
 */
public final class S3Server implements EmbeddedServer {

    private static final String CREDENTIALS = "credentials.properties";

    /** Launch parameter: the Kafka that is told of each change, as S3 tells of them. */
    public static final String EVENTS_BOOTSTRAP_SERVERS = BucketEvents.BOOTSTRAP_SERVERS;

    /** Launch parameter: the topic for that. */
    public static final String EVENTS_TOPIC = BucketEvents.TOPIC;

    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

    private final JvmServer.Running running;
    private final String accessKeyId;
    private final String secretAccessKey;

    private S3Server(JvmServer.Running running) {
        this.running = running;
        Properties credentials = PrivateFile.read(directory().resolve(CREDENTIALS));
        if (credentials == null) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, directory().resolve(CREDENTIALS) + " is gone");
        }
        this.accessKeyId = credentials.getProperty("accessKeyId", "");
        this.secretAccessKey = credentials.getProperty("secretAccessKey", "");
    }

    /**
     * Starts a server and waits until it answers. Its keys are made at the first start. A server
     * already running in the directory is adopted when the launch is DETACHED and its port suits,
     * and replaced otherwise.
     *
     * @throws MillraceException CONFLICT: the port is taken; UNAVAILABLE: it ended while starting;
     *     DEADLINE_EXCEEDED. The last two with the end of its log
     */
    public static S3Server start(Launch launch) {
        try {
            Files.createDirectories(launch.directory());
            Path credentials = launch.directory().resolve(CREDENTIALS);
            if (!Files.exists(credentials)) {
                PrivateFile.write(
                        credentials,
                        Map.of(
                                "accessKeyId",
                                "MILLRACE" + PrivateFile.secret(6),
                                "secretAccessKey",
                                PrivateFile.secret(20)));
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "the S3 server cannot write to " + launch.directory() + ": " + e,
                    e);
        }
        return new S3Server(
                JvmServer.start(launch, S3Main.class, "the S3 server", List.of(), Map.of()));
    }

    /** The server running in {@code directory}, whoever started it. */
    public static Optional<S3Server> running(Path directory) {
        return JvmServer.running(directory, S3Main.class).map(S3Server::new);
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port());
    }

    public String accessKeyId() {
        return accessKeyId;
    }

    public String secretAccessKey() {
        return secretAccessKey;
    }

    /**
     * Properties {@code accessKeyId} and {@code secretAccessKey}, readable by the owner only; a
     * mount refers to it as {@code file:PATH}.
     */
    public Path credentialsFile() {
        return directory().resolve(CREDENTIALS);
    }

    /** Makes a bucket; does nothing when it is there. */
    public void createBucket(String name) {
        if (!BUCKET.matcher(name).matches()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "not a bucket name: '"
                            + name
                            + "' (3 to 63 of a-z, 0-9, '.' and '-', as S3 has it)");
        }
        Path bucket = S3Main.data(directory()).resolve(name);
        try {
            // The server takes what others may read for public.
            Files.createDirectories(
                    bucket,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, "bucket " + name + " cannot be made at " + bucket, e);
        }
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
