package io.millrace.standalone.cluster;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The one directory under which a local cluster keeps everything.
 *
 * <pre>
 * postgres/ kafka/ s3/      the data of the embedded servers
 * workers/worker-1/cache    the cache of each worker
 * logs/                     one file for each process, and the one of its run before
 * run/cluster.json          what runs
 * run/ports.json            which port each process was given, kept for its next start
 * </pre>
 *
 * @param directory absolute
 */
public record Home(Path directory) {

    public Home {
        directory = directory.toAbsolutePath().normalize();
    }

    /** From {@code --home}, else the environment's MILLRACE_HOME, else {@code ~/.millrace}. */
    public static Home of(@Nullable Path chosen) {
        if (chosen != null) {
            return new Home(chosen);
        }
        String fromEnvironment = System.getenv("MILLRACE_HOME");
        if (fromEnvironment != null && !fromEnvironment.isBlank()) {
            return new Home(Path.of(fromEnvironment));
        }
        return new Home(Path.of(System.getProperty("user.home"), ".millrace"));
    }

    Path stateFile() {
        return run().resolve("cluster.json");
    }

    Path portsFile() {
        return run().resolve("ports.json");
    }

    Path run() {
        return directory.resolve("run");
    }

    /** Where the processes write what they log. */
    public Path logs() {
        return directory.resolve("logs");
    }

    /** Where agent {@code name} writes what it has counted. */
    public Path agentStats(String name) {
        return run().resolve(name + ".stats.json");
    }

    /** Where a supervised agent {@code name} writes what the next one needs. */
    Path agentState(String name) {
        return run().resolve(name + ".state");
    }

    Path data(String part) {
        return directory.resolve(part);
    }

    /** Where worker {@code name} keeps its cache. */
    public Path cacheOf(String name) {
        return directory.resolve("workers").resolve(name).resolve("cache");
    }

    void create() {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            }
            Files.createDirectories(run());
            Files.createDirectories(logs());
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "home directory "
                            + directory
                            + " cannot be made ("
                            + e.getMessage()
                            + "); --home or MILLRACE_HOME names another",
                    e);
        }
    }

    /** Lets one command at a time change what runs. */
    Lock lock() {
        create();
        try {
            FileChannel channel =
                    FileChannel.open(
                            run().resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                channel.close();
                throw new MillraceException(
                        ErrorCode.BUSY,
                        "another millrace command is changing the cluster under " + directory);
            }
            return new Lock(channel);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, "cannot lock " + run() + ": " + e.getMessage(), e);
        }
    }

    record Lock(FileChannel channel) implements AutoCloseable {
        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new MillraceException(ErrorCode.IO_ERROR, "closing the lock file", e);
            }
        }
    }
}
