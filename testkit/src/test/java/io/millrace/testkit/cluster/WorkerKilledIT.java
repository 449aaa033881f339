package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A worker is killed with -9 while files are read: every sum is right, and a load goes on to its
 * end.
 */
@SuppressWarnings("NullAway.Init")
class WorkerKilledIT {

    private static final DataSet DATA = DataSet.of(11, 8, 600, 1_000, 150_000, 3, 24 << 20);
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** What is cached when the reading begins. */
    enum Cache {
        COLD,
        HALF_WARM
    }

    private TestCluster cluster;
    private Path sums;

    @BeforeEach
    void start() throws Exception {
        MountPossible.assume();
        cluster = TestCluster.start(settings -> settings);
        cluster.bucket().putAll(DATA, "set/");
        cluster.addMount("/data", "set/", options -> options.setBlockBytes(1 << 20));
        sums = Files.createTempFile("millrace-sums-", ".md5");
        Files.writeString(sums, DATA.md5Lines());
    }

    @AfterEach
    void stop() throws Exception {
        if (sums != null) {
            Files.deleteIfExists(sums);
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Cache.class)
    void noReadFailsAndTheLoadSucceeds(Cache cache) throws Exception {
        if (cache == Cache.HALF_WARM) {
            Job warm = cluster.run(JobKind.JOB_KIND_LOAD, "/data/class-003");
            assertEquals(JobState.JOB_STATE_SUCCEEDED, warm.getState(), warm.toString());
            warm = cluster.run(JobKind.JOB_KIND_LOAD, "/data/shards");
            assertEquals(JobState.JOB_STATE_SUCCEEDED, warm.getState(), warm.toString());
        }
        Path data = cluster.mount().resolve("data");
        cluster.relay().delayRequests(Duration.ofMillis(5));

        CompletableFuture<Shell.Outcome> reading =
                CompletableFuture.supplyAsync(() -> checkSums(data));
        Job load = cluster.submit(JobKind.JOB_KIND_LOAD, "/data");
        awaitObjectGets(60);
        cluster.cluster().workers().getFirst().kill();

        Shell.Outcome read = reading.join();
        assertEquals("", read.err());
        assertEquals(DATA.paths().size(), read.expectSuccess().lines().count());
        Job ended = cluster.await(load);
        assertEquals(JobState.JOB_STATE_SUCCEEDED, ended.getState(), ended.toString());
        assertEquals(DATA.paths().size(), ended.getPlannedFiles());
        assertEquals(DATA.bytes(), ended.getPlannedBytes());
        assertEquals(DATA.bytes(), ended.getDoneBytes() + ended.getSkippedBytes());
        assertEquals(DATA.paths().size(), ended.getDoneFiles() + ended.getSkippedFiles());
    }

    private Shell.Outcome checkSums(Path data) {
        try {
            return Shell.run(data, LIMIT, "md5sum", "--check", sums.toString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitObjectGets(int count) throws InterruptedException {
        long start = cluster.relay().objectGets();
        long end = System.nanoTime() + LIMIT.toNanos();
        while (cluster.relay().objectGets() < start + count) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the bucket was not read: " + cluster.relay().requests());
            }
            Thread.sleep(5);
        }
    }
}
