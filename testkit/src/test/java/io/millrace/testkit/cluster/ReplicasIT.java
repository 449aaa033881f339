package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.client.Cancellation;
import io.millrace.client.ClientSettings;
import io.millrace.client.FileReader;
import io.millrace.client.MillraceClient;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.PathPolicy;
import io.millrace.contracts.v1.SetPolicyRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.model.NamespacePath;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two workers that both keep a data set, and a reader on another host. */
class ReplicasIT {

    /** An odd number of files: each is another worker's turn in the next pass. */
    private static final DataSet DATA = DataSet.of(41, 4, 61, 1_000, 300_000, 0, 0);

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void bothServeAndTheBucketIsReadOnce() throws Exception {
        try (TestCluster cluster = TestCluster.start(settings -> settings)) {
            cluster.bucket().putAll(DATA, "set/");
            cluster.addMount("/data", "set/", options -> options);
            PathPolicy policy = PathPolicy.newBuilder().setPath("/data").setReplicas(2).build();
            var _ =
                    cluster.metadata()
                            .setPolicy(SetPolicyRequest.newBuilder().setPolicy(policy).build());
            String[] service = cluster.cluster().endpoints().metadataService().split(":");
            ClientSettings settings =
                    ClientSettings.of(service[0], Integer.parseInt(service[1]), "replicas");
            try (MillraceClient client =
                    MillraceClient.connect(settings.withHostId("another-host"), LIMIT)) {
                long end = System.nanoTime() + LIMIT.toNanos();
                while (!workers(cluster).stream()
                        .allMatch(worker -> worker.getUsedBytes() >= DATA.bytes())) {
                    assertTrue(System.nanoTime() < end, workers(cluster).toString());
                    readAll(client);
                }
                assertEquals(
                        DATA.paths().size() - 1,
                        cluster.relay().objectGets(),
                        "one for each file but the empty one");
                assertEquals(0, client.counters().workerFailures());
            }
        }
    }

    private static List<Worker> workers(TestCluster cluster) {
        return cluster.metadata()
                .listWorkers(ListWorkersRequest.getDefaultInstance())
                .getWorkersList();
    }

    private static void readAll(MillraceClient client) {
        for (String path : DATA.paths()) {
            var entry =
                    client.namespace()
                            .resolve(NamespacePath.parse("/data/" + path), new Cancellation());
            byte[] expected = DATA.content(path);
            try (FileReader file = client.open(entry)) {
                ByteBuffer target = ByteBuffer.allocateDirect(expected.length + 1);
                assertEquals(expected.length, file.read(target, 0, new Cancellation()));
                byte[] got = new byte[expected.length];
                target.get(0, got);
                assertArrayEquals(expected, got, path);
            }
        }
    }
}
