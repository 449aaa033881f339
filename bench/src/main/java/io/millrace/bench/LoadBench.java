package io.millrace.bench;

import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.standalone.cluster.Part;
import io.millrace.standalone.cluster.PartKind;
import io.millrace.testkit.cluster.TestCluster;
import io.millrace.testkit.store.GeneratedObjects;
import io.millrace.testkit.store.GeneratedObjects.Generated;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A load by two workers, from its submission to SUCCEEDED, beside a loop of plain GETs by many
 * threads that writes the same objects to the same disk. The bucket is a lean one, so that it is
 * not what is measured.
 */
@Command(
        name = "bench/run load",
        mixinStandardHelpOptions = true,
        description = "A load job beside a loop of plain GETs that writes to disk.")
public final class LoadBench implements Callable<Integer> {

    private static final long MIB = 1 << 20;

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 3;

    @Option(names = "--files", description = "Small objects (default ${DEFAULT-VALUE}).")
    private int files = 50_000;

    @Option(names = "--bytes", description = "Of a small object (default ${DEFAULT-VALUE}).")
    private int bytes = 100_000;

    @Option(names = "--shards", description = "Large objects (default ${DEFAULT-VALUE}).")
    private int shards = 16;

    @Option(names = "--shard-mib", description = "Of a large object (default ${DEFAULT-VALUE}).")
    private int shardMebibytes = 256;

    @Option(names = "--latency", description = "Of the bucket, in ms (default ${DEFAULT-VALUE}).")
    private int latencyMillis = 0;

    @Option(
            names = "--bandwidth",
            description = "Of the bucket, in MB/s; 0: no bound (default ${DEFAULT-VALUE}).")
    private int megabytesPerSecond = 0;

    @Option(names = "--threads", description = "Of the plain loop (default ${DEFAULT-VALUE}).")
    private int threads = 32;

    /** The job-service, and the metadata-service, which lists for it. */
    private static final Set<PartKind> CONTROL =
            EnumSet.of(PartKind.JOB_SERVICE, PartKind.METADATA_SERVICE, PartKind.CONTROL_PLANE);

    private static final Set<PartKind> WORKERS = EnumSet.of(PartKind.WORKER);

    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    public static void main(String[] arguments) {
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        Logger.getLogger("").setLevel(Level.WARNING);
        System.exit(new CommandLine(new LoadBench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        GeneratedObjects objects = new GeneratedObjects(files, bytes, shards, shardMebibytes * MIB);
        try (LeanBucket bucket =
                        LeanBucket.start(objects, latencyMillis, megabytesPerSecond * 1_000_000L);
                TestCluster cluster = TestCluster.start(settings -> settings.withWorkers(2));
                S3Client plain = plainClient(cluster, bucket)) {
            for (String name : List.of("small", "large")) {
                cluster.addMount(
                        "/" + name, name + "/", options -> options.setEndpoint(bucket.endpoint()));
            }
            for (int round = -1; round < rounds; round++) {
                System.err.println("round " + round);
                small(cluster, plain, objects, round);
                large(cluster, plain, objects, round);
            }
        }
        figures.forEach((name, values) ->
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %.3f |%n",
                        name,
                        values.stream().sorted().toList().get(values.size() / 2)));
        return 0;
    }

    private void small(TestCluster cluster, S3Client plain, GeneratedObjects objects, int round)
            throws Exception {
        if (files == 0) {
            return;
        }
        double loopCpu = ownCpuSeconds();
        double loop = getAll(cluster, plain, objects, shards, shards + files);
        loopCpu = ownCpuSeconds() - loopCpu;
        run(cluster, JobKind.JOB_KIND_FREE, "/small");
        double control = cpuSeconds(cluster, CONTROL);
        double workers = cpuSeconds(cluster, WORKERS);
        double seconds = load(cluster, "/small");
        control = cpuSeconds(cluster, CONTROL) - control;
        workers = cpuSeconds(cluster, WORKERS) - workers;
        if (round >= 0) {
            add("small files/s, plain GETs", files / loop);
            add("small files/s, load", files / seconds);
            add("small files, load / plain", loop / seconds);
            add("small files, load MB/s", (double) files * bytes / seconds / 1e6);
            add("CPU ms of plan, dispatch and account for a file", control * 1e3 / files);
            add("CPU ms of the workers for a file", workers * 1e3 / files);
            add("CPU ms of plain GETs for a file", loopCpu * 1e3 / files);
        }
    }

    private void large(TestCluster cluster, S3Client plain, GeneratedObjects objects, int round)
            throws Exception {
        if (shards == 0) {
            return;
        }
        double loopCpu = ownCpuSeconds();
        double loop = getAll(cluster, plain, objects, 0, shards);
        loopCpu = ownCpuSeconds() - loopCpu;
        run(cluster, JobKind.JOB_KIND_FREE, "/large");
        double workers = cpuSeconds(cluster, WORKERS);
        double seconds = load(cluster, "/large");
        workers = cpuSeconds(cluster, WORKERS) - workers;
        if (round >= 0) {
            double gigabytes = shards * shardMebibytes * MIB / 1e9;
            add("CPU s of the workers for a GB of shards", workers / gigabytes);
            add("CPU s of plain GETs for a GB of shards", loopCpu / gigabytes);
            add("shards GB/s, plain GETs", gigabytes / loop);
            add("shards GB/s, load", gigabytes / seconds);
            add("shards, load / plain", loop / seconds);
        }
    }

    /** Seconds from the submission of a load of all of a mount, which is not cached, to its end. */
    private static double load(TestCluster cluster, String path) throws InterruptedException {
        long start = System.nanoTime();
        run(cluster, JobKind.JOB_KIND_LOAD, path);
        return (System.nanoTime() - start) / 1e9;
    }

    /** Seconds of GETs of the objects from one place in the order of keys up to another. */
    private double getAll(
            TestCluster cluster, S3Client plain, GeneratedObjects objects, int from, int end)
            throws Exception {
        Path directory = Files.createTempDirectory(cluster.cluster().home().directory(), "plain");
        AtomicInteger next = new AtomicInteger(from);
        long start = System.nanoTime();
        try (ExecutorService loop = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                all.add(
                        loop.submit(() -> {
                            byte[] buffer = new byte[(int) MIB];
                            for (int at = next.getAndIncrement();
                                    at < end;
                                    at = next.getAndIncrement()) {
                                get(plain, objects.at(at), directory.resolve("f" + at), buffer);
                            }
                            return null;
                        }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        try (Stream<Path> written = Files.list(directory)) {
            for (Path file : written.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
        return seconds;
    }

    private static void get(S3Client plain, Generated object, Path file, byte[] buffer)
            throws IOException {
        long written = 0;
        try (InputStream body = plain.getObject(get -> get.bucket("bucket").key(object.key()));
                var out = Files.newOutputStream(file)) {
            for (int got = body.read(buffer); got >= 0; got = body.read(buffer)) {
                out.write(buffer, 0, got);
                written += got;
            }
        }
        if (written != object.length()) {
            throw new IOException(object.key() + " gave " + written + " bytes");
        }
    }

    private static void run(TestCluster cluster, JobKind kind, String path)
            throws InterruptedException {
        Job job = cluster.run(kind, path);
        if (job.getState() != JobState.JOB_STATE_SUCCEEDED) {
            throw new IllegalStateException("the job ended " + job);
        }
    }

    private S3Client plainClient(TestCluster cluster, LeanBucket bucket) {
        return S3Client.builder()
                .httpClientBuilder(Apache5HttpClient.builder().maxConnections(threads))
                .endpointOverride(URI.create(bucket.endpoint()))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .credentialsProvider(cluster.bucket().credentials())
                .build();
    }

    private void add(String name, double figure) {
        figures.computeIfAbsent(name, _ -> new ArrayList<>()).add(figure);
    }

    /** Of this process, which is the loop of plain GETs. */
    private static double ownCpuSeconds() {
        return cpuSeconds(ProcessHandle.current());
    }

    private static double cpuSeconds(TestCluster cluster, Set<PartKind> kinds) {
        return cluster.cluster().parts().stream()
                .filter(part -> kinds.contains(part.kind()))
                .map(Part::pid)
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .mapToDouble(LoadBench::cpuSeconds)
                .sum();
    }

    private static double cpuSeconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }
}
