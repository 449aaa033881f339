package io.millrace.standalone.cluster;

import java.nio.file.Path;

/** One process of a cluster, whichever run of it is current. */
public final class Part {

    private final Cluster cluster;
    private final String name;

    Part(Cluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
    }

    public String name() {
        return name;
    }

    public PartKind kind() {
        return record().kind();
    }

    /**
     * Its process id.
     *
     * @throws IllegalStateException when it does not run
     */
    public long pid() {
        return record().runningPid()
                .orElseThrow(() -> new IllegalStateException(name + " does not run"));
    }

    public boolean isRunning() {
        return record().isRunning();
    }

    /** The port it has for {@code purpose}: {@code http}, {@code grpc}, {@code data}. */
    public int port(String purpose) {
        Integer port = record().ports().get(purpose);
        if (port == null) {
            throw new IllegalArgumentException(name + " has no " + purpose + " port");
        }
        return port;
    }

    public Path log() {
        return Path.of(record().log());
    }

    /** Ends it at once, as a crash would (SIGKILL), and returns when it is gone. */
    public void kill() {
        cluster.killPart(name);
    }

    /** Ends it in order (SIGTERM), by force when it takes too long, and returns when it is gone. */
    public void stop() {
        cluster.stopPart(name);
    }

    /** Starts it again with the ports it had, and returns when it is ready. */
    public void start() {
        cluster.startPart(name);
    }

    private PartRecord record() {
        return cluster.record(name);
    }
}
