package io.millrace.bench;

import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.standalone.cluster.ClusterSettings;
import io.millrace.standalone.cluster.PartKind;
import io.millrace.testkit.cluster.DataSet;
import io.millrace.testkit.cluster.Shell;
import io.millrace.testkit.cluster.TestCluster;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Reads what is not cached from a bucket that is a round trip away, through the mount and with the
 * plain AWS SDK, side by side; and a large file that is cached by then.
 *
 * <p>Passes over small files read each once, or end early where that is asked for. Each begins with
 * nothing of the set cached, on a mount that was just made and whose agent has read other files, by
 * the same way as far as it can: agents and plain clients live for days. The set has been listed,
 * as data loaders do at first.
 */
@Command(
        name = "bench/run cold",
        mixinStandardHelpOptions = true,
        description = "Reads from a bucket that is a round trip away.")
public final class ColdRead implements Callable<Integer> {

    private static final Duration WALK_LIMIT = Duration.ofMinutes(5);
    private static final int WARM_UP_FILES = 400;
    private static final int WARM_UP_SHARDS = 4;
    private static final int WARM_UP_PASSES = 6;
    private static final int CACHED_PASSES = 10;

    /** What is measured. */
    enum Figure {
        /** Small files in random order. */
        RANDOM,
        /** Small files in the order of a listing, by one reader. */
        LISTED,
        /** Large files that are not cached. */
        LARGE,
        /** A large file that is cached. */
        CACHED
    }

    @Option(names = "--small-files", description = "How many (default ${DEFAULT-VALUE}).")
    private int smallFiles = 2_000;

    @Option(names = "--small-bytes", description = "Size of each (default ${DEFAULT-VALUE}).")
    private int smallBytes = 110_000;

    @Option(names = "--directories", description = "They lie in (default ${DEFAULT-VALUE}).")
    private int directories = 4;

    @Option(names = "--shards", description = "How many large files (default ${DEFAULT-VALUE}).")
    private int shards = 4;

    @Option(names = "--shard-mib", description = "Size of each in MiB (default ${DEFAULT-VALUE}).")
    private int shardMebibytes = 128;

    @Option(
            names = "--seconds",
            description = "A pass over small files ends after (default ${DEFAULT-VALUE}).")
    private int seconds = 120;

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(names = "--readers", split = ",", description = "In random order (default 1,4,8).")
    private List<Integer> readers = List.of(1, 4, 8);

    @Option(names = "--latency", description = "Round trip in ms (default ${DEFAULT-VALUE}).")
    private int latencyMillis = 12;

    @Option(names = "--remote", description = "The agent sees no cache directory of a worker.")
    private boolean remote;

    @Option(names = "--only", split = ",", description = "Of ${COMPLETION-CANDIDATES}.")
    private Set<Figure> only = EnumSet.allOf(Figure.class);

    private final Comparison results = new Comparison();

    /** What passes run on. */
    private record Bench(TestCluster cluster, PlainClient client, DataSet data) {

        List<String> paths(String directory) {
            return data.paths().stream().filter(path -> path.startsWith(directory)).toList();
        }
    }

    public static void main(String[] arguments) {
        // At its defaults the log manager has DEBUG enabled: the client would log every byte.
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        Logger.getLogger("").setLevel(Level.WARNING);
        System.exit(
                new CommandLine(new ColdRead())
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        DataSet data =
                DataSet.of(
                        1,
                        directories,
                        smallFiles,
                        smallBytes,
                        smallBytes,
                        shards,
                        shardMebibytes << 20);
        DataSet warm =
                DataSet.of(
                        2,
                        1,
                        WARM_UP_FILES,
                        smallBytes,
                        smallBytes,
                        WARM_UP_SHARDS,
                        shardMebibytes << 20);
        try (TestCluster cluster = TestCluster.start(this::settings);
                DelayingProxy proxy =
                        new DelayingProxy(
                                new InetSocketAddress("127.0.0.1", cluster.bucket().port()),
                                Duration.ofMillis(latencyMillis));
                PlainClient client = new PlainClient(cluster.bucket(), proxy.port(), "set/")) {
            say("writing the data set");
            cluster.bucket().putAll(data, "set/");
            cluster.bucket().putAll(warm, "warm/");
            for (String name : List.of("set", "warm")) {
                cluster.addMount(
                        "/" + name,
                        name + "/",
                        options ->
                                options.setEndpoint("http://127.0.0.1:" + proxy.port())
                                        .setMaxAgeMillis(3_600_000));
            }
            for (int pass = 0; pass < WARM_UP_PASSES; pass++) {
                run(cluster, JobKind.JOB_KIND_FREE, "/warm");
                onMount(cluster, _ -> {});
            }
            Bench bench = new Bench(cluster, client, data);
            for (int round = 0; round < rounds; round++) {
                say("round " + (round + 1) + " of " + rounds);
                measure(bench, round);
            }
            System.out.println(results.table());
        }
        return 0;
    }

    private ClusterSettings settings(ClusterSettings settings) {
        ClusterSettings one = settings.withWorkers(1);
        return remote
                ? one.withProperty(PartKind.AGENT, "millrace.agent.host-id", "elsewhere")
                : one;
    }

    private void measure(Bench bench, int round) throws Exception {
        List<String> files = new ArrayList<>(bench.paths("class-"));
        Collections.sort(files);
        if (only.contains(Figure.LISTED)) {
            small(bench, "small files/s, 1 reader, as listed", files, 1);
        }
        if (only.contains(Figure.RANDOM)) {
            for (int count : readers) {
                Collections.shuffle(files, new Random(round));
                String row = "small files/s, " + count + (count == 1 ? " reader" : " readers");
                small(bench, row, files, count);
            }
        }
        if (only.contains(Figure.LARGE)) {
            large(bench);
        }
        if (only.contains(Figure.CACHED)) {
            run(bench.cluster(), JobKind.JOB_KIND_LOAD, "/set/shards");
            onMount(
                    bench.cluster(),
                    root -> {
                        for (int pass = 0; pass < CACHED_PASSES; pass++) {
                            dropPages(bench, root);
                            // The first passes are the agent's warm-up.
                            if (pass < CACHED_PASSES / 2) {
                                stream(bench, root);
                            } else {
                                stream(bench, root, "cached shard GB/s");
                            }
                        }
                    });
        }
    }

    private void small(Bench bench, String row, List<String> files, int threads) throws Exception {
        Readers.Pass plain =
                Readers.readFor(
                        Duration.ofSeconds(seconds),
                        files,
                        threads,
                        (path, buffer) -> bench.client().read(path, buffer));
        results.add(row, Comparison.Column.CLIENT, plain.filesPerSecond());
        run(bench.cluster(), JobKind.JOB_KIND_FREE, "/set");
        onMount(
                bench.cluster(),
                root -> {
                    Cpu before = Cpu.of(bench.cluster());
                    Readers.Pass pass =
                            Readers.readFor(
                                    Duration.ofSeconds(seconds),
                                    files,
                                    threads,
                                    (path, buffer) ->
                                            Readers.readWhole(root.resolve(path), buffer));
                    results.add(row, Comparison.Column.MOUNT, pass.filesPerSecond());
                    add(
                            row + ", CPU ms each",
                            Cpu.of(bench.cluster()).since(before),
                            1e3 / pass.files());
                });
    }

    private void large(Bench bench) throws Exception {
        for (String shard : bench.paths("shards/")) {
            results.add(
                    "first byte ms",
                    Comparison.Column.CLIENT,
                    bench.client().firstByteNanos(shard) / 1e6);
            long start = System.nanoTime();
            long bytes = bench.client().readInParallel(shard, (long) shardMebibytes << 20);
            results.add(
                    "cold shard GB/s",
                    Comparison.Column.CLIENT,
                    (double) bytes / (System.nanoTime() - start));
        }
        run(bench.cluster(), JobKind.JOB_KIND_FREE, "/set");
        onMount(
                bench.cluster(),
                root -> {
                    for (String shard : bench.paths("shards/")) {
                        results.add(
                                "first byte ms",
                                Comparison.Column.MOUNT,
                                Readers.firstByteNanos(root.resolve(shard)) / 1e6);
                    }
                });
        for (String path : List.of("/set", "/warm")) {
            run(bench.cluster(), JobKind.JOB_KIND_FREE, path);
        }
        onMount(bench.cluster(), root -> stream(bench, root, "cold shard GB/s"));
    }

    /** Takes pages of the shards out of the kernel's cache of the mount. */
    private static void dropPages(Bench bench, Path root) throws Exception {
        for (String shard : bench.paths("shards/")) {
            Shell.run(
                            root,
                            WALK_LIMIT,
                            "dd",
                            "if=" + root.resolve(shard),
                            "iflag=nocache",
                            "count=0",
                            "status=none")
                    .expectSuccess();
        }
    }

    private static void stream(Bench bench, Path root) {
        byte[] buffer = new byte[Readers.BUFFER_BYTES];
        for (String shard : bench.paths("shards/")) {
            var _ = Readers.readWhole(root.resolve(shard), buffer);
        }
    }

    private void stream(Bench bench, Path root, String row) {
        byte[] buffer = new byte[Readers.BUFFER_BYTES];
        for (String shard : bench.paths("shards/")) {
            Cpu before = Cpu.of(bench.cluster());
            long start = System.nanoTime();
            long bytes = Readers.readWhole(root.resolve(shard), buffer);
            results.add(row, Comparison.Column.MOUNT, (double) bytes / (System.nanoTime() - start));
            add(row + ", CPU s/GB", Cpu.of(bench.cluster()).since(before), 1e9 / bytes);
        }
    }

    private void add(String row, Cpu spent, double factor) {
        results.add(row, Comparison.Column.AGENT_CPU, spent.agentSeconds() * factor);
        results.add(row, Comparison.Column.WORKER_CPU, spent.workerSeconds() * factor);
    }

    /** Processor time since they started. */
    private record Cpu(double agentSeconds, double workerSeconds) {

        static Cpu of(TestCluster cluster) {
            return new Cpu(seconds(cluster, PartKind.AGENT), seconds(cluster, PartKind.WORKER));
        }

        private static double seconds(TestCluster cluster, PartKind kind) {
            return cluster.cluster().parts().stream()
                    .filter(part -> part.kind() == kind && part.isRunning())
                    .mapToDouble(part ->
                            ProcessHandle.of(part.pid())
                                    .flatMap(process -> process.info().totalCpuDuration())
                                    .map(cpu -> cpu.toNanos() / 1e9)
                                    .orElse(0.0))
                    .sum();
        }

        Cpu since(Cpu before) {
            return new Cpu(
                    agentSeconds - before.agentSeconds, workerSeconds - before.workerSeconds);
        }
    }

    private interface OnMount {
        void measure(Path root) throws Exception;
    }

    private static void onMount(TestCluster cluster, OnMount what) throws Exception {
        Path mount = cluster.mount();
        try {
            Shell.run(mount, WALK_LIMIT, "find", ".", "-size", "+0").expectSuccess();
            Shell.run(mount, WALK_LIMIT, "sh", "-c", "cat warm/*/* > /dev/null").expectSuccess();
            what.measure(mount.resolve("set"));
        } finally {
            cluster.cluster().unmount(mount);
        }
    }

    private static void run(TestCluster cluster, JobKind kind, String path)
            throws InterruptedException {
        Job job = cluster.run(kind, path);
        if (job.getState() != JobState.JOB_STATE_SUCCEEDED) {
            throw new IllegalStateException("the job ended " + job);
        }
    }

    private static void say(String line) {
        System.err.println(line);
    }
}
