package io.millrace.standalone.cluster;

import java.time.Duration;

/** What a process of a cluster is. In the order of starting; stopping goes the other way. */
public enum PartKind {
    POSTGRES(0, Duration.ofSeconds(20)),
    KAFKA(0, Duration.ofSeconds(15)),
    S3(0, Duration.ofSeconds(5)),
    /** metadata-service, job-service and web-console in one process. */
    CONTROL_PLANE(1, Duration.ofSeconds(15)),
    METADATA_SERVICE(1, Duration.ofSeconds(15)),
    JOB_SERVICE(2, Duration.ofSeconds(15)),
    WEB_CONSOLE(2, Duration.ofSeconds(10)),
    WORKER(2, Duration.ofSeconds(15)),
    AGENT(3, Duration.ofSeconds(10));

    private final int stage;
    private final Duration stopLimit;

    PartKind(int stage, Duration stopLimit) {
        this.stage = stage;
        this.stopLimit = stopLimit;
    }

    /** Parts of one stage start side by side, when all of the stages before are ready. */
    int stage() {
        return stage;
    }

    /** How long it may take to end after SIGTERM, before it is killed. */
    Duration stopLimit() {
        return stopLimit;
    }
}
