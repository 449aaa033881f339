package io.millrace.agent.boot;

import io.millrace.agent.fs.MillraceFileSystem;
import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.Reading;
import io.millrace.agent.takeover.Supervision;
import io.millrace.client.ClientCounters;
import io.millrace.client.MillraceClient;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes what the agent has counted to a file, every second and at the end. */
final class StatsFile implements AutoCloseable {

    private static final Logger LOG = System.getLogger(StatsFile.class.getName());

    private final Path file;
    private final FuseBinding binding;
    private final MillraceClient client;
    private final MillraceFileSystem fileSystem;
    private final FuseMount mount;
    private final @Nullable Supervision supervision;
    private final Instant since = Instant.now();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("stats-file").factory());

    private StatsFile(
            Path file,
            FuseBinding binding,
            MillraceClient client,
            MillraceFileSystem fileSystem,
            FuseMount mount,
            @Nullable Supervision supervision) {
        this.file = file.toAbsolutePath();
        this.binding = binding;
        this.client = client;
        this.fileSystem = fileSystem;
        this.mount = mount;
        this.supervision = supervision;
    }

    /** Starts to write; with no file, there is nothing to do. */
    static AutoCloseableQuietly start(
            @Nullable Path file,
            FuseBinding binding,
            MillraceClient client,
            MillraceFileSystem fileSystem,
            FuseMount mount,
            @Nullable Supervision supervision) {
        if (file == null) {
            return () -> {};
        }
        StatsFile stats = new StatsFile(file, binding, client, fileSystem, mount, supervision);
        stats.write();
        var _ = stats.timer.scheduleWithFixedDelay(stats::write, 1, 1, TimeUnit.SECONDS);
        return stats::close;
    }

    /** Closing never fails. */
    @FunctionalInterface
    interface AutoCloseableQuietly extends AutoCloseable {
        @Override
        void close();
    }

    private synchronized void write() {
        ClientCounters.Snapshot counters = client.counters();
        Reading reading = mount.reading();
        JsonLine content =
                new JsonLine()
                        .put("agent_pid", ProcessHandle.current().pid())
                        .put("serving_since", since.truncatedTo(ChronoUnit.SECONDS).toString())
                        .put("supervised", supervision != null)
                        .put("restarts", supervision == null ? 0 : supervision.restarts())
                        .put("metadata_calls", counters.metadataCalls())
                        .put("local_reads", counters.localReads())
                        .put("local_bytes", counters.localBytes())
                        .put("worker_reads", counters.workerReads())
                        .put("worker_bytes", counters.workerBytes())
                        .put("worker_misses", counters.workerMisses())
                        .put("scan_asked_files", counters.scanAskedFiles())
                        .put("scan_met_files", counters.scanMetFiles())
                        .put("worker_failures", counters.workerFailures())
                        .put("under_store_reads", counters.underStoreReads())
                        .put("under_store_bytes", counters.underStoreBytes())
                        .put("nodes", fileSystem.nodeCount())
                        .put("open_files", fileSystem.openFiles())
                        .put("binding", binding.name())
                        .put("read_policy", reading.policy().toString())
                        .put("read_policy_reason", reading.reason())
                        .put("passthrough_opens", reading.passthroughOpens())
                        .put("passthrough_files", reading.passthroughFiles())
                        .put("served_opens", reading.servedOpens());
        Path draft = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.writeString(draft, content.encode());
            Files.move(
                    draft,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "event=stats_not_written file=" + file + " reason=" + e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        write();
    }
}
