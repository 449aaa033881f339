package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.GetJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.ListMountsRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What was there before {@code down} is there after {@code up}. */
class RestartIT {

    private static final DataSet DATA = DataSet.of(12, 5, 250, 1_000, 120_000, 2, 20 << 20);
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Test
    void mountsHistoryAndCacheSurviveAndAWarmReadAsksTheBucketForNothing() throws Exception {
        MountPossible.assume();
        Path sums = Files.createTempFile("millrace-sums-", ".md5");
        Files.writeString(sums, DATA.md5Lines());
        try (TestCluster cluster = TestCluster.start(settings -> settings)) {
            cluster.bucket().putAll(DATA, "set/");
            cluster.addMount("/data", "set/", options -> options.setBlockBytes(1 << 20));
            Job load = cluster.run(JobKind.JOB_KIND_LOAD, "/data");
            assertEquals(JobState.JOB_STATE_SUCCEEDED, load.getState(), load.toString());
            assertEquals(DATA.bytes(), load.getDoneBytes() + load.getSkippedBytes());
            Path data = cluster.mount().resolve("data");
            Shell.run(data, LIMIT, "md5sum", "--check", sums.toString()).expectSuccess();
            assertTrue(cluster.relay().objectGets() > 0);

            cluster.restart();

            assertEquals(
                    "/data",
                    cluster.metadata()
                            .listMounts(ListMountsRequest.getDefaultInstance())
                            .getMounts(0)
                            .getPath());
            Job history =
                    cluster.jobs().get(GetJobRequest.newBuilder().setJobId(load.getId()).build());
            assertEquals(JobState.JOB_STATE_SUCCEEDED, history.getState());
            assertEquals(load.getDoneBytes(), history.getDoneBytes());

            Path again = cluster.mount().resolve("data");
            cluster.relay().forgetRequests();
            Shell.run(again, LIMIT, "md5sum", "--check", sums.toString()).expectSuccess();

            assertEquals(0, cluster.relay().objectGets(), cluster.relay().requests().toString());
        } finally {
            Files.delete(sums);
        }
    }
}
