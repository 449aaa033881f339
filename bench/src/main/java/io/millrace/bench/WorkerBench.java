package io.millrace.bench;

import io.millrace.client.Cancellation;
import io.millrace.client.ClientSettings;
import io.millrace.client.FileReader;
import io.millrace.client.MillraceClient;
import io.millrace.client.NamespaceEntry;
import io.millrace.contracts.v1.GetJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.model.NamespacePath;
import io.millrace.standalone.cluster.Part;
import io.millrace.testkit.cluster.DataSet;
import io.millrace.testkit.cluster.TestCluster;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One worker in a process of its own, read over its data port by this process: warm throughput and
 * its CPU time, cold reads beside plain GETs of the same ranges, and a reader beside a preload. The
 * client's own share of CPU time is that of this process.
 */
@Command(
        name = "bench/run worker",
        mixinStandardHelpOptions = true,
        description = "Reads from one worker over its data port.")
public final class WorkerBench implements Callable<Integer> {

    private static final int MIB = 1 << 20;
    private static final int RANGE = 8 * MIB;
    private static final int WARM_UP_PASSES = 4;

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(names = "--small-files", description = "Of 110 KB (default ${DEFAULT-VALUE}).")
    private int smallFiles = 3_000;

    @Option(names = "--shard-mib", description = "Size of a large file (default ${DEFAULT-VALUE}).")
    private int shardMebibytes = 256;

    @Option(names = "--latency", description = "Round trip in ms (default ${DEFAULT-VALUE}).")
    private int latencyMillis = 12;

    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    public static void main(String[] arguments) {
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        Logger.getLogger("").setLevel(Level.WARNING);
        System.exit(new CommandLine(new WorkerBench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        DataSet data = DataSet.of(1, 4, smallFiles, 110_000, 110_000, 1, shardMebibytes * MIB);
        DataSet other = DataSet.of(2, 1, 1, 1, 1, 64, 32 * MIB);
        try (TestCluster cluster = TestCluster.start(settings -> settings.withWorkers(1));
                DelayingProxy proxy =
                        new DelayingProxy(
                                new InetSocketAddress("127.0.0.1", cluster.bucket().port()),
                                Duration.ofMillis(latencyMillis));
                PlainClient plain = new PlainClient(cluster.bucket(), proxy.port(), "set/")) {
            System.err.println("writing the data set");
            cluster.bucket().putAll(data, "set/");
            cluster.bucket().putAll(other, "other/");
            for (String name : List.of("set", "other")) {
                cluster.addMount(
                        "/" + name,
                        name + "/",
                        options ->
                                options.setEndpoint("http://127.0.0.1:" + proxy.port())
                                        .setMaxAgeMillis(3_600_000));
            }
            try (MillraceClient client = connect(cluster)) {
                measure(Bench.of(cluster, client, plain, data));
            }
        }
        figures.forEach((name, values) ->
                System.out.printf(Locale.ROOT, "| %s | %.3f |%n", name, quantile(values, 0.5)));
        return 0;
    }

    /** What is measured with. */
    private record Bench(
            TestCluster cluster,
            MillraceClient client,
            PlainClient plain,
            List<String> small,
            String shard) {

        /** Which files have bytes is told by their content alone, so it is looked at once. */
        static Bench of(
                TestCluster cluster, MillraceClient client, PlainClient plain, DataSet data) {
            List<String> small =
                    data.paths().stream()
                            .filter(path ->
                                    path.startsWith("class-") && data.content(path).length > 0)
                            .toList();
            return new Bench(cluster, client, plain, small, data.paths().getLast());
        }

        NamespaceEntry entry(String path) {
            return client.namespace()
                    .resolve(NamespacePath.parse("/set/" + path), new Cancellation());
        }
    }

    private void measure(Bench bench) throws Exception {
        run(bench.cluster(), JobKind.JOB_KIND_LOAD, "/set");
        for (int round = -WARM_UP_PASSES; round < rounds; round++) {
            System.err.println("warm, round " + round);
            warmStream(bench, round >= 0);
            warmSmall(bench, round >= 0);
        }
        for (int round = -WARM_UP_PASSES; round < rounds; round++) {
            System.err.println("cold, round " + round);
            cold(bench, round);
        }
        run(bench.cluster(), JobKind.JOB_KIND_LOAD, "/set");
        besidePreload(bench);
    }

    private void warmStream(Bench bench, boolean counts) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(MIB);
        double cpu = cpuSeconds(bench.cluster());
        long start = System.nanoTime();
        long bytes = 0;
        try (FileReader file = bench.client().open(bench.entry(bench.shard()))) {
            for (long at = 0; at < file.source().length(); at += MIB) {
                bytes += file.read(buffer.clear(), at, new Cancellation());
            }
        }
        if (counts) {
            add("warm stream, GB/s", (double) bytes / (System.nanoTime() - start));
            add("warm stream, CPU s/GB", (cpuSeconds(bench.cluster()) - cpu) * 1e9 / bytes);
        }
    }

    private void warmSmall(Bench bench, boolean counts) throws Exception {
        List<String> order = new ArrayList<>(bench.small());
        Collections.shuffle(order, new Random(1));
        double cpu = cpuSeconds(bench.cluster());
        Readers.Pass pass =
                Readers.readFor(
                        Duration.ofMinutes(1),
                        order,
                        8,
                        (path, buffer) -> read(bench, path, buffer));
        if (counts) {
            add("warm small files/s, 8 readers", pass.filesPerSecond());
            add(
                    "warm small files, CPU ms each",
                    (cpuSeconds(bench.cluster()) - cpu) * 1e3 / pass.files());
        }
    }

    private static long read(Bench bench, String path, byte[] buffer) {
        try (FileReader file = bench.client().open(bench.entry(path))) {
            return file.read(ByteBuffer.wrap(buffer, 0, 110_000), 0, new Cancellation());
        }
    }

    /** Ranges of 8 MiB and small files, each beside a plain GET of the same bytes. */
    private void cold(Bench bench, int round) throws Exception {
        run(bench.cluster(), JobKind.JOB_KIND_FREE, "/set");
        double fetched = metric(bench.cluster(), "millrace_worker_fetched_bytes_total");
        double used = metric(bench.cluster(), "millrace_worker_cache_used_bytes");
        double uncached = metric(bench.cluster(), "millrace_worker_fetched_uncached_bytes_total");
        Random random = new Random(round);
        List<Double> direct = new ArrayList<>();
        List<Double> through = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.allocateDirect(RANGE);
        int ranges = shardMebibytes / 8;
        for (int each = 0; each < 10; each++) {
            long at = (long) ((each * 7 + Math.abs(round) + random.nextInt(3)) % ranges) * RANGE;
            long start = System.nanoTime();
            bench.plain().readRange(bench.shard(), at, RANGE);
            direct.add((System.nanoTime() - start) / 1e6);
            try (FileReader file = bench.client().open(bench.entry(bench.shard()))) {
                start = System.nanoTime();
                var _ = file.read(buffer.clear(), at, new Cancellation());
                through.add((System.nanoTime() - start) / 1e6);
            }
        }
        List<Double> directSmall = new ArrayList<>();
        List<Double> throughSmall = new ArrayList<>();
        List<String> paths = new ArrayList<>(bench.small());
        Collections.shuffle(paths, random);
        byte[] small = new byte[MIB];
        for (String path : paths.subList(0, 100)) {
            long start = System.nanoTime();
            bench.plain().read(path, small);
            directSmall.add((System.nanoTime() - start) / 1e6);
            start = System.nanoTime();
            read(bench, path, small);
            throughSmall.add((System.nanoTime() - start) / 1e6);
        }
        if (round >= 0) {
            add("cold 8 MiB, plain GET ms", quantile(direct, 0.5));
            add("cold 8 MiB, worker ms", quantile(through, 0.5));
            add("cold 8 MiB, worker / plain", quantile(through, 0.5) / quantile(direct, 0.5));
            add(
                    "cold small file, worker / plain",
                    quantile(throughSmall, 0.5) / quantile(directSmall, 0.5));
            double came = metric(bench.cluster(), "millrace_worker_fetched_bytes_total") - fetched;
            double kept =
                    metric(bench.cluster(), "millrace_worker_cache_used_bytes")
                            - used
                            + metric(
                                    bench.cluster(), "millrace_worker_fetched_uncached_bytes_total")
                            - uncached;
            add("fetched / (cached + passed on)", came / kept);
        }
    }

    private void besidePreload(Bench bench) throws Exception {
        for (int round = 0; round < rounds; round++) {
            System.err.println("beside a preload, round " + round);
            List<Double> alone = latencies(bench, null);
            run(bench.cluster(), JobKind.JOB_KIND_FREE, "/other");
            Job load = bench.cluster().submit(JobKind.JOB_KIND_LOAD, "/other");
            List<Double> beside = latencies(bench, load);
            var _ = bench.cluster().await(load);
            add("reader's p99 alone, ms", quantile(alone, 0.99));
            add("reader's p99 beside a preload, ms", quantile(beside, 0.99));
            add("beside / alone", quantile(beside, 0.99) / quantile(alone, 0.99));
        }
    }

    /** Of reads of warm small files, one every 2 ms, for 3 s or as long as the job runs. */
    private static List<Double> latencies(Bench bench, @Nullable Job during) throws Exception {
        List<String> paths = bench.small();
        List<Double> millis = new ArrayList<>();
        Random random = new Random(5);
        byte[] buffer = new byte[MIB];
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        while (System.nanoTime() < end) {
            if (during != null && millis.size() % 100 == 99 && hasEnded(bench, during)) {
                break;
            }
            long start = System.nanoTime();
            read(bench, paths.get(random.nextInt(paths.size())), buffer);
            millis.add((System.nanoTime() - start) / 1e6);
            Thread.sleep(2);
        }
        return millis;
    }

    private static boolean hasEnded(Bench bench, Job job) {
        return TestCluster.hasEnded(
                bench.cluster()
                        .jobs()
                        .get(GetJobRequest.newBuilder().setJobId(job.getId()).build()));
    }

    private void add(String name, double figure) {
        figures.computeIfAbsent(name, _ -> new ArrayList<>()).add(figure);
    }

    private static double quantile(List<Double> values, double share) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    }

    /** Of this process and of the worker. */
    private static double cpuSeconds(TestCluster cluster) {
        long worker = cluster.cluster().workers().getFirst().pid();
        return cpuSeconds(ProcessHandle.current())
                + ProcessHandle.of(worker).map(WorkerBench::cpuSeconds).orElse(0.0);
    }

    private static double cpuSeconds(ProcessHandle process) {
        return process.info().totalCpuDuration().map(cpu -> cpu.toNanos() / 1e9).orElse(0.0);
    }

    private static double metric(TestCluster cluster, String name) throws Exception {
        Part worker = cluster.cluster().workers().getFirst();
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            return http.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://127.0.0.1:"
                                                            + worker.port("http")
                                                            + "/q/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        }
    }

    private static MillraceClient connect(TestCluster cluster) {
        String[] service = cluster.cluster().endpoints().metadataService().split(":");
        ClientSettings local = ClientSettings.of(service[0], Integer.parseInt(service[1]), "bench");
        return MillraceClient.connect(local.withHostId("another-host"), Duration.ofSeconds(30));
    }

    private static void run(TestCluster cluster, JobKind kind, String path)
            throws InterruptedException {
        Job job = cluster.run(kind, path);
        if (job.getState() != JobState.JOB_STATE_SUCCEEDED) {
            throw new IllegalStateException("the job ended " + job);
        }
    }
}
