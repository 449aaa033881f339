package io.millrace.testkit.cluster;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.AddMountRequest;
import io.millrace.contracts.v1.GetJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobServiceGrpc;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.RemoveMountRequest;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.contracts.v1.VisibilityServiceGrpc;
import io.millrace.embedded.S3Server;
import io.millrace.standalone.cluster.AgentMount;
import io.millrace.standalone.cluster.Cluster;
import io.millrace.standalone.cluster.ClusterSettings;
import io.millrace.standalone.cluster.Home;
import io.millrace.standalone.cluster.Layout;
import io.millrace.standalone.cluster.Lifetime;
import io.millrace.standalone.cluster.PartKind;
import io.millrace.testkit.network.HttpRelay;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A whole Millrace for one test, one process per service, over a bucket that is reached through a
 * relay which counts what it is asked. Everything it starts, mounts and writes is gone after {@link
 * #close}, and when the test's process dies.
 */
public final class TestCluster implements AutoCloseable {

    private static final Duration JOB_LIMIT = Duration.ofMinutes(3);

    private final Path directory;
    private final UnaryOperator<ClusterSettings> settings;
    private Cluster cluster;
    private Bucket bucket;
    private HttpRelay relay;
    private ManagedChannel metadata;
    private ManagedChannel jobs;

    private TestCluster(Path directory, UnaryOperator<ClusterSettings> settings)
            throws IOException {
        this.directory = directory;
        this.settings = settings;
        this.cluster = startCluster();
        this.bucket = openBucket();
        this.relay = relayTo(bucket);
        this.metadata = channel(cluster.endpoints().metadataService());
        this.jobs = channel(cluster.endpoints().jobService());
    }

    /** Starts one with two workers, or as {@code settings} change it. */
    public static TestCluster start(UnaryOperator<ClusterSettings> settings) throws IOException {
        Path directory = Files.createTempDirectory("millrace-test-");
        try {
            return new TestCluster(directory, settings);
        } catch (RuntimeException | IOException e) {
            delete(directory);
            throw e;
        }
    }

    public Cluster cluster() {
        return cluster;
    }

    public Bucket bucket() {
        return bucket;
    }

    /** The way from Millrace to the bucket. */
    public HttpRelay relay() {
        return relay;
    }

    public MetadataServiceGrpc.MetadataServiceBlockingStub metadata() {
        return MetadataServiceGrpc.newBlockingStub(metadata)
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public VisibilityServiceGrpc.VisibilityServiceBlockingStub visibility() {
        return VisibilityServiceGrpc.newBlockingStub(metadata)
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public JobServiceGrpc.JobServiceBlockingStub jobs() {
        return JobServiceGrpc.newBlockingStub(jobs).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    /** Mounts the bucket's {@code prefix} at {@code path}, asking through the relay. */
    public Mount addMount(String path, String prefix, UnaryOperator<MountOptions.Builder> options) {
        MountOptions.Builder builder =
                MountOptions.newBuilder()
                        .setEndpoint("http://127.0.0.1:" + relay.port())
                        .setPathStyle(true)
                        .setCredentials(bucket.credentialsReference());
        try {
            return metadata()
                    .addMount(
                            AddMountRequest.newBuilder()
                                    .setPath(path)
                                    .setUri("s3://" + bucket.name() + "/" + prefix)
                                    .setOptions(options.apply(builder))
                                    .build());
        } catch (RuntimeException e) {
            throw GrpcErrors.fromStatus("metadata-service", e);
        }
    }

    /** Where an agent shows the whole namespace; starts it when none does. */
    public Path mount() {
        Path at = directory.resolve("mnt");
        boolean mounted =
                cluster.parts().stream()
                        .anyMatch(part -> part.kind() == PartKind.AGENT && part.isRunning());
        if (!mounted) {
            cluster.mount(AgentMount.at(at.toString()));
        }
        return at;
    }

    /** Ends the agent that {@link #mount} started. */
    public void unmount() {
        cluster.unmount(directory.resolve("mnt"));
    }

    public void removeMount(String path) {
        metadata().removeMount(RemoveMountRequest.newBuilder().setPath(path).build());
    }

    public Job submit(JobKind kind, String path) {
        return jobs().submit(SubmitJobRequest.newBuilder().setKind(kind).setPath(path).build());
    }

    /** The job as it is when it has ended. */
    public Job await(Job job) throws InterruptedException {
        long end = System.nanoTime() + JOB_LIMIT.toNanos();
        Job now = job;
        while (!hasEnded(now)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("after " + JOB_LIMIT + " the job is still " + now);
            }
            Thread.sleep(100);
            now = jobs().get(GetJobRequest.newBuilder().setJobId(job.getId()).build());
        }
        return now;
    }

    public Job run(JobKind kind, String path) throws InterruptedException {
        return await(submit(kind, path));
    }

    /** Stops everything and starts it again on the same data, as {@code down} and {@code up} do. */
    public void restart() throws IOException {
        int relayPort = relay.port();
        stopServices();
        cluster = startCluster();
        bucket = openBucket();
        relay = HttpRelay.to(new InetSocketAddress("127.0.0.1", bucket.port()), relayPort);
        metadata = channel(cluster.endpoints().metadataService());
        jobs = channel(cluster.endpoints().jobService());
    }

    @Override
    public void close() throws IOException {
        try {
            stopServices();
        } finally {
            delete(directory);
        }
    }

    public static boolean hasEnded(Job job) {
        return switch (job.getState()) {
            case JOB_STATE_SUCCEEDED, JOB_STATE_PARTIAL, JOB_STATE_FAILED, JOB_STATE_CANCELLED ->
                    true;
            case JOB_STATE_PLANNED,
                    JOB_STATE_RUNNING,
                    JOB_STATE_PAUSED,
                    JOB_STATE_UNSPECIFIED,
                    UNRECOGNIZED ->
                    false;
        };
    }

    private Cluster startCluster() {
        ClusterSettings wanted =
                ClusterSettings.of(new Home(directory.resolve("home")), Lifetime.WITH_PARENT)
                        .withLayout(Layout.DISTRIBUTED)
                        .withWorkers(2);
        return Cluster.start(settings.apply(wanted), line -> {});
    }

    private Bucket openBucket() {
        Path home = cluster.home().directory();
        S3Server server =
                S3Server.running(home.resolve("s3"))
                        .orElseThrow(() -> new AssertionError("no S3 server runs in " + home));
        return new Bucket(server, "training");
    }

    private static HttpRelay relayTo(Bucket bucket) throws IOException {
        return HttpRelay.to(new InetSocketAddress("127.0.0.1", bucket.port()), 0);
    }

    private void stopServices() throws IOException {
        metadata.shutdownNow();
        jobs.shutdownNow();
        cluster.close();
        relay.close();
        bucket.close();
    }

    private static ManagedChannel channel(String target) {
        return ManagedChannelBuilder.forTarget(target).usePlaintext().build();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
