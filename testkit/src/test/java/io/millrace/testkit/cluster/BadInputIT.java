package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.standalone.cluster.Part;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What cannot work is said in one sentence, with an exit code or a problem, and leaves nothing
 * behind.
 */
@SuppressWarnings("NullAway.Init")
class BadInputIT {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int FAILURE = 1;
    private static final int USAGE = 2;

    private static TestCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(settings -> settings.withWorkers(1));
        cluster.bucket().put("set/a", new byte[] {1});
        cluster.addMount("/data", "set/", options -> options);
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void aMountOfAMissingBucket() throws Exception {
        String said =
                refused(
                        FAILURE,
                        mountAdd(
                                "s3://no-such-bucket/",
                                endpoint(cluster.bucket().port()),
                                cluster.bucket().credentialsReference()));

        assertTrue(said.contains("no-such-bucket"), said);
        assertOneMount();
    }

    @Test
    void aMountWithWrongCredentials() throws Exception {
        Path wrong = Files.createTempFile("millrace-wrong-", ".properties");
        try {
            Files.writeString(wrong, "accessKeyId=nobody\nsecretAccessKey=open-sesame\n");
            String said =
                    refused(
                            FAILURE,
                            mountAdd(
                                    "s3://" + cluster.bucket().name() + "/",
                                    endpoint(cluster.bucket().port()),
                                    "file:" + wrong));

            assertFalse(said.contains("open-sesame"), said);
            assertTrue(said.contains("credentials") || said.contains("denied"), said);
            assertOneMount();
        } finally {
            Files.delete(wrong);
        }
    }

    @Test
    void aMountOfAnUnreachableEndpoint() throws Exception {
        int nobody = freePort();
        String said =
                refused(
                        FAILURE,
                        mountAdd(
                                "s3://" + cluster.bucket().name() + "/",
                                endpoint(nobody),
                                "anonymous"));

        assertTrue(said.contains("127.0.0.1:" + nobody), said);
        assertOneMount();
    }

    @Test
    void aMountInsideAnother() throws Exception {
        String said =
                refused(
                        FAILURE,
                        "mount",
                        "add",
                        "/data/inside",
                        "s3://" + cluster.bucket().name() + "/",
                        "--endpoint",
                        endpoint(cluster.bucket().port()),
                        "--path-style",
                        "--credentials",
                        cluster.bucket().credentialsReference());

        assertTrue(said.contains("/data"), said);
        assertOneMount();
    }

    @Test
    void aPathThatIsNoMount() throws Exception {
        String said = refused(FAILURE, "fs", "ls", "/nowhere");

        assertTrue(said.contains("/nowhere"), said);
    }

    @Test
    void aJobOnAMissingPath() throws Exception {
        String said = refused(FAILURE, "job", "load", "--path", "/data/missing", "--submit");

        assertTrue(said.contains("/data/missing"), said);
        assertEquals(
                0,
                cluster.jobs()
                        .list(io.millrace.contracts.v1.ListJobsRequest.getDefaultInstance())
                        .getJobsCount());
    }

    @Test
    void aJobOnAMissingPathOverRestIsAProblem() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    client.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    cluster.cluster().endpoints().jobRest()
                                                            + "/api/v1/jobs"))
                                    .header("Content-Type", "application/json")
                                    .POST(
                                            HttpRequest.BodyPublishers.ofString(
                                                    "{\"kind\":\"load\",\"path\":\"/data/missing\"}"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());

            assertEquals(404, answer.statusCode(), answer.body());
            assertEquals(
                    "application/problem+json",
                    answer.headers().firstValue("Content-Type").orElse("").split(";")[0]);
            assertTrue(answer.body().contains("/data/missing"), answer.body());
        }
    }

    @Test
    void anUnknownOption() throws Exception {
        String said = refused(USAGE, "fs", "ls", "/data", "--recursively");

        assertTrue(said.contains("--recursively"), said);
    }

    @Test
    void aCacheDirectoryThatIsAlreadyInUse() throws Exception {
        Path taken = cluster.cluster().home().cacheOf("worker-1");

        Shell.Outcome outcome = runWorker(taken, 0);

        assertNotEquals(0, outcome.exit());
        String said = outcome.out() + outcome.err();
        assertTrue(said.contains("cache directory " + taken + " is already in use"), said);
        assertTrue(said.contains("millrace.worker.cache-director"), said);
    }

    @Test
    void aBusyPort() throws Exception {
        Path directory = Files.createTempDirectory("millrace-cache-");
        try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Shell.Outcome outcome = runWorker(directory, busy.getLocalPort());

            assertNotEquals(0, outcome.exit());
            String said = outcome.out() + outcome.err();
            assertTrue(said.contains(Integer.toString(busy.getLocalPort())), said);
        } finally {
            Shell.run(ROOT, LIMIT, "rm", "-r", directory.toString());
        }
    }

    @Test
    void aFullDiskPassesReadsThrough() throws Exception {
        MountPossible.assume();
        DataSet data = DataSet.of(21, 2, 20, 200_000, 400_000, 1, 6 << 20);
        Path sums = Files.createTempFile("millrace-sums-", ".md5");
        Files.writeString(sums, data.md5Lines());
        Path tiny = cluster.cluster().home().cacheOf("worker-1");
        Part worker = cluster.cluster().workers().getFirst();
        worker.stop();
        Shell.run(ROOT, LIMIT, "mount", "-t", "tmpfs", "-o", "size=3m", "none", tiny.toString())
                .expectSuccess();
        try {
            worker.start();
            cluster.bucket().putAll(data, "full/");
            cluster.addMount("/full", "full/", options -> options);
            try {
                Path mounted = cluster.mount().resolve("full");

                Shell.run(mounted, LIMIT, "md5sum", "--quiet", "--check", sums.toString())
                        .expectSuccess();
            } finally {
                cluster.unmount();
                cluster.removeMount("/full");
            }
        } finally {
            worker.stop();
            Shell.run(ROOT, LIMIT, "umount", tiny.toString()).expectSuccess();
            worker.start();
            Files.delete(sums);
        }
    }

    private static String[] mountAdd(String uri, String endpoint, String credentials) {
        return new String[] {
            "mount",
            "add",
            "/other",
            uri,
            "--endpoint",
            endpoint,
            "--path-style",
            "--credentials",
            credentials
        };
    }

    /**
     * Runs the command line, checks that it said one sentence on standard error and nothing else.
     */
    private static String refused(int exit, String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("millrace").toString()));
        command.addAll(List.of(arguments));
        command.add("--home");
        command.add(cluster.cluster().home().directory().toString());
        Shell.Outcome outcome =
                Shell.run(
                        ROOT,
                        LIMIT,
                        Map.of("MILLRACE_BUILD", "never"),
                        command.toArray(String[]::new));
        assertEquals(exit, outcome.exit(), outcome.toString());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        return outcome.err();
    }

    private static Shell.Outcome runWorker(Path directory, int dataPort)
            throws InterruptedException {
        return Shell.run(
                ROOT,
                LIMIT,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dmillrace.worker.cache-directories=" + directory,
                "-Dmillrace.worker.data-port=" + dataPort,
                "-Dmillrace.worker.metadata-service="
                        + cluster.cluster().endpoints().metadataService(),
                "-Dkafka.bootstrap.servers=" + cluster.cluster().endpoints().kafka(),
                "-Dquarkus.http.port=0",
                "-Dquarkus.grpc.server.port=0",
                "-jar",
                ROOT.resolve("block-service/target/quarkus-app/quarkus-run.jar").toString());
    }

    private static void assertOneMount() {
        assertEquals(
                List.of("/data"),
                cluster
                        .metadata()
                        .listMounts(ListMountsRequest.getDefaultInstance())
                        .getMountsList()
                        .stream()
                        .map(mount -> mount.getPath())
                        .toList());
    }

    private static String endpoint(int port) {
        return "http://127.0.0.1:" + port;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
