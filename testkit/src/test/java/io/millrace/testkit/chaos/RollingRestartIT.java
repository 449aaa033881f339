package io.millrace.testkit.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.client.ClientSettings;
import io.millrace.client.MillraceClient;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.standalone.cluster.Part;
import io.millrace.testkit.cluster.DataSet;
import io.millrace.testkit.cluster.Shell;
import io.millrace.testkit.cluster.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Every worker in turn is drained, stopped, started and undrained, while readers read. What is read
 * while a worker drains is copied from it: so each drains until the data set has been read a few
 * times over.
 */
class RollingRestartIT {

    private static final DataSet DATA = DataSet.of(31, 10, 300, 1_000, 300_000, 2, 4 << 20);
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final int READERS = 4;

    /** Of files at random: one in 400 is left out. */
    private static final int READS_WHILE_DRAINING = 6 * 302;

    @Test
    void noReadFailsAndTheBucketIsSpared() throws Exception {
        try (TestCluster cluster = TestCluster.start(settings -> settings.withWorkers(3))) {
            cluster.bucket().putAll(DATA, "set/");
            cluster.addMount("/data", "set/", options -> options.setBlockBytes(1 << 20));
            Job load = cluster.run(JobKind.JOB_KIND_LOAD, "/data");
            assertEquals(JobState.JOB_STATE_SUCCEEDED, load.getState(), load.toString());
            long everything = cluster.relay().objectGets();
            cluster.relay().forgetRequests();

            ChaosReport report = restartAllUnderReaders(cluster);

            long asked = cluster.relay().objectGets();
            System.out.printf(
                    "rolling restart: %d reads, slowest %d ms; requests at the bucket: %d to load,"
                            + " %d during the restarts%n",
                    report.reads(), report.slowestMillis(), everything, asked);
            assertTrue(report.reads() > 1_000, report.toString());
            assertEquals(0, report.wrongBytes(), report.toString());
            assertEquals(0, report.failed() + report.staleReads(), report.toString());
            assertTrue(
                    asked <= everything / 10,
                    asked + " of " + everything + ": " + cluster.relay().requests());
        }
    }

    private static ChaosReport restartAllUnderReaders(TestCluster cluster) throws Exception {
        String[] service = cluster.cluster().endpoints().metadataService().split(":");
        ClientSettings standard =
                ClientSettings.of(service[0], Integer.parseInt(service[1]), "rolling-restart");
        try (MillraceClient client =
                        MillraceClient.connect(
                                standard.withHostId("another-host")
                                        .withAttemptTimeout(Duration.ofSeconds(4)),
                                Duration.ofSeconds(30));
                CheckingReaders readers = new CheckingReaders(client, "/data", DATA)) {
            readers.start(READERS, DATA.seed());
            for (Part part : cluster.cluster().workers()) {
                String id = worker(cluster, part).getId();
                millrace(cluster, "worker", "drain", id, "--wait");
                awaitReads(readers, READS_WHILE_DRAINING);
                part.stop();
                part.start();
                assertEquals(
                        WorkerState.WORKER_STATE_DRAINING,
                        worker(cluster, part).getState(),
                        "after its restart");
                millrace(cluster, "worker", "undrain", id);
            }
            readers.close();
            return readers.report(DATA.seed(), Map.of());
        }
    }

    private static void awaitReads(CheckingReaders readers, int count) throws InterruptedException {
        long wanted = reads(readers) + count;
        long end = System.nanoTime() + LIMIT.toNanos();
        while (reads(readers) < wanted) {
            assertTrue(System.nanoTime() < end, "the readers are stuck");
            Thread.sleep(50);
        }
    }

    private static long reads(CheckingReaders readers) {
        return readers.report(DATA.seed(), Map.of()).reads();
    }

    private static Worker worker(TestCluster cluster, Part part) {
        return cluster
                .metadata()
                .listWorkers(ListWorkersRequest.getDefaultInstance())
                .getWorkersList()
                .stream()
                .filter(worker -> worker.getDataPort() == part.port("data"))
                .findFirst()
                .orElseThrow(() -> new AssertionError(part.name() + " is not registered"));
    }

    private static void millrace(TestCluster cluster, String... words) throws InterruptedException {
        String[] command = new String[words.length + 3];
        command[0] = ROOT.resolve("millrace").toString();
        command[1] = "--home";
        command[2] = cluster.cluster().home().directory().toString();
        System.arraycopy(words, 0, command, 3, words.length);
        Shell.run(ROOT, LIMIT, Map.of("MILLRACE_BUILD", "never"), command).expectSuccess();
    }
}
