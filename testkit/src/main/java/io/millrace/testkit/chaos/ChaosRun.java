package io.millrace.testkit.chaos;

import io.millrace.client.ClientSettings;
import io.millrace.client.MillraceClient;
import io.millrace.contracts.v1.JobKind;
import io.millrace.standalone.cluster.PartKind;
import io.millrace.testkit.cluster.DataSet;
import io.millrace.testkit.cluster.Shell;
import io.millrace.testkit.cluster.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Three workers of which none holds the data set, readers on another host that check every byte,
 * and at random: a worker killed or stopped, a full disk, bytes that change in the cache's files, a
 * bucket that throttles, fails, is slow, breaks off, resets, or answers with another version.
 *
 * <p>The readers are on another host as far as they know: what they read came over a data port,
 * which checks it. Needs root, for a file system that can be full.
 */
public final class ChaosRun {

    private static final DataSet DATA = DataSet.of(23, 10, 300, 1_000, 300_000, 4, 24 << 20);
    private static final long CAPACITY = 64L << 20;
    private static final String SMALL_DISK = "size=96m";
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(20);

    private ChaosRun() {}

    /** Runs, and tells what came of it. */
    public static ChaosReport run(ChaosSettings settings) throws Exception {
        SmallDisk disk = new SmallDisk();
        try (TestCluster cluster = start(disk)) {
            try {
                return run(settings, cluster, disk.mounted());
            } finally {
                disk.close();
            }
        } finally {
            disk.close();
        }
    }

    private static TestCluster start(SmallDisk disk) throws IOException {
        return TestCluster.start(wanted -> {
            disk.mount(wanted.home().cacheOf("worker-1"));
            return wanted.withWorkers(3)
                    .withWorkerCapacity(CAPACITY)
                    .withProperty(PartKind.WORKER, "millrace.worker.free-space-reserve", "0");
        });
    }

    private static ChaosReport run(ChaosSettings settings, TestCluster cluster, Path smallDisk)
            throws Exception {
        cluster.bucket().putAll(DATA, "set/");
        cluster.addMount("/data", "set/", options -> options.setBlockBytes(1 << 20));
        String[] service = cluster.cluster().endpoints().metadataService().split(":");
        ClientSettings standard =
                ClientSettings.of(service[0], Integer.parseInt(service[1]), "chaos");
        try (MillraceClient client =
                        MillraceClient.connect(elsewhere(standard), Duration.ofSeconds(30));
                CheckingReaders readers = new CheckingReaders(client, "/data", DATA)) {
            Faults faults = new Faults(cluster, smallDisk, settings.seed());
            readers.start(settings.readers(), settings.seed());
            var _ = cluster.submit(JobKind.JOB_KIND_LOAD, "/data");
            long end = System.nanoTime() + settings.length().toNanos();
            while (System.nanoTime() < end) {
                faults.round();
            }
            readers.close();
            return readers.report(settings.seed(), faults.counts());
        }
    }

    /** The same, as of a host that no worker runs on: all reads go to data ports. */
    public static ClientSettings elsewhere(ClientSettings standard) {
        return new ClientSettings(
                standard.metadataHost(),
                standard.metadataPort(),
                standard.subscriber(),
                standard.metadataTimeout(),
                standard.readTimeout(),
                Duration.ofSeconds(4),
                standard.suspectTime(),
                standard.connectionsPerWorker(),
                standard.cachedNames(),
                standard.readAheadBytes(),
                standard.scanAheadBytes(),
                standard.outage(),
                "another-host");
    }

    /** A file system of its own, so small that it can be filled. */
    private static final class SmallDisk implements AutoCloseable {

        private @Nullable Path mounted;

        void mount(Path at) {
            try {
                Files.createDirectories(at);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            command("mount", "-t", "tmpfs", "-o", SMALL_DISK, "millrace-chaos", at.toString());
            mounted = at;
        }

        Path mounted() {
            Path at = mounted;
            if (at == null) {
                throw new IllegalStateException("nothing is mounted");
            }
            return at;
        }

        /** Takes it away, under a worker too: what it holds is lost. */
        @Override
        public void close() {
            Path at = mounted;
            mounted = null;
            if (at != null) {
                command("umount", "--lazy", at.toString());
            }
        }

        private static void command(String... words) {
            try {
                Shell.run(Path.of("/"), COMMAND_LIMIT, words).expectSuccess();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    /**
     * {@code ChaosRun [SECONDS [SEED]]}: runs, prints the report, and exits with 1 when a byte was
     * wrong or a read failed.
     */
    public static void main(String[] arguments) throws Exception {
        long seconds = arguments.length > 0 ? Long.parseLong(arguments[0]) : 600;
        long seed =
                arguments.length > 1
                        ? Long.parseLong(arguments[1])
                        : ThreadLocalRandom.current().nextLong(1_000_000);
        ChaosReport report = run(new ChaosSettings(Duration.ofSeconds(seconds), seed, 6));
        System.out.print(report);
        System.exit(report.wrongBytes() + report.failed() == 0 ? 0 : 1);
    }
}
