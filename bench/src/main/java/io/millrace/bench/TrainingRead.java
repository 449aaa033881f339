package io.millrace.bench;

import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.testkit.cluster.DataSet;
import io.millrace.testkit.cluster.Shell;
import io.millrace.testkit.cluster.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Reads one data set as training does, side by side: from a local directory, through the mount with
 * nothing cached, and through the mount with everything cached. Each warm figure is taken on a
 * mount that was just made, so that the kernel holds nothing of it; page caches of the local
 * directory and of the cache directories are warm.
 */
@Command(
        name = "bench/run",
        mixinStandardHelpOptions = true,
        description =
                "Reads a data set from a local directory and through a cold and a warm mount.")
public final class TrainingRead implements Callable<Integer> {

    private static final Duration WALK_LIMIT = Duration.ofMinutes(5);
    private static final int[] READERS = {1, 4, 8};

    @Option(names = "--small-files", description = "How many (default ${DEFAULT-VALUE}).")
    private int smallFiles = 20_000;

    @Option(names = "--small-bytes", description = "Size of each (default ${DEFAULT-VALUE}).")
    private int smallBytes = 110_000;

    @Option(names = "--shards", description = "How many large files (default ${DEFAULT-VALUE}).")
    private int shards = 2;

    @Option(names = "--shard-mib", description = "Size of each in MiB (default ${DEFAULT-VALUE}).")
    private int shardMebibytes = 256;

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(
            names = "--cold-rounds",
            description = "As --rounds, for the cold mount (default ${DEFAULT-VALUE}).")
    private int coldRounds = 1;

    @Option(names = "--workers", description = "How many workers (default ${DEFAULT-VALUE}).")
    private int workers = 2;

    private final Results results = new Results();

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new TrainingRead()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        DataSet data =
                DataSet.of(1, 20, smallFiles, smallBytes, smallBytes, shards, shardMebibytes << 20);
        Path local = Files.createTempDirectory("millrace-bench-");
        try (TestCluster cluster = TestCluster.start(s -> s.withWorkers(workers))) {
            say("writing the data set, twice");
            writeLocal(data, local);
            cluster.bucket().putAll(data, "set/");
            cluster.addMount("/data", "set/", options -> options.setMaxAgeMillis(3_600_000));
            for (int round = 0; round < coldRounds; round++) {
                say("cold round " + (round + 1) + " of " + coldRounds);
                cold(cluster, data, round);
            }
            load(cluster);
            for (int round = 0; round < rounds; round++) {
                say("round " + (round + 1) + " of " + rounds);
                local(local, data, round);
                warm(cluster, data, round);
            }
            System.out.println(results.table());
        } finally {
            delete(local);
        }
        return 0;
    }

    private void local(Path root, DataSet data, int round) throws InterruptedException {
        for (int readers : READERS) {
            results.add(
                    "small files/s, " + readers + (readers == 1 ? " reader" : " readers"),
                    Results.Column.LOCAL,
                    Readers.read(small(root, data), readers, round).filesPerSecond());
        }
        results.add(
                "shards GB/s, 1 reader",
                Results.Column.LOCAL,
                Readers.read(large(root, data), 1, round).gigabytesPerSecond());
        results.add("walk entries/s", Results.Column.LOCAL, walk(root));
        results.add("second walk entries/s", Results.Column.LOCAL, walk(root));
    }

    private void cold(TestCluster cluster, DataSet data, int round) throws Exception {
        for (int readers : READERS) {
            free(cluster);
            onFreshMount(
                    cluster,
                    root ->
                            results.add(
                                    "small files/s, "
                                            + readers
                                            + (readers == 1 ? " reader" : " readers"),
                                    Results.Column.COLD,
                                    Readers.read(small(root, data), readers, round)
                                            .filesPerSecond()));
        }
        onFreshMount(
                cluster,
                root ->
                        results.add(
                                "shards GB/s, 1 reader",
                                Results.Column.COLD,
                                Readers.read(large(root, data), 1, round).gigabytesPerSecond()));
    }

    private void warm(TestCluster cluster, DataSet data, int round) throws Exception {
        for (int readers : READERS) {
            onFreshMount(
                    cluster,
                    root ->
                            results.add(
                                    "small files/s, "
                                            + readers
                                            + (readers == 1 ? " reader" : " readers"),
                                    Results.Column.WARM,
                                    Readers.read(small(root, data), readers, round)
                                            .filesPerSecond()));
        }
        onFreshMount(
                cluster,
                root -> {
                    results.add(
                            "shards GB/s, 1 reader",
                            Results.Column.WARM,
                            Readers.read(large(root, data), 1, round).gigabytesPerSecond());
                    results.add("walk entries/s", Results.Column.WARM, walk(root));
                    results.add("second walk entries/s", Results.Column.WARM, walk(root));
                    for (int readers : READERS) {
                        results.add(
                                "small files/s after a walk, "
                                        + readers
                                        + (readers == 1 ? " reader" : " readers"),
                                Results.Column.WARM,
                                Readers.read(small(root, data), readers, round).filesPerSecond());
                    }
                });
    }

    private interface OnMount {
        void measure(Path root) throws Exception;
    }

    private static void onFreshMount(TestCluster cluster, OnMount what) throws Exception {
        Path mount = cluster.mount();
        try {
            what.measure(mount.resolve("data"));
        } finally {
            cluster.cluster().unmount(mount);
        }
    }

    private static double walk(Path root) {
        try {
            long start = System.nanoTime();
            long entries =
                    Shell.run(root, WALK_LIMIT, "find", ".", "-size", "+0", "-printf", "\\n")
                            .expectSuccess()
                            .length();
            return entries * 1e9 / (System.nanoTime() - start);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void load(TestCluster cluster) throws InterruptedException {
        Job job = cluster.run(JobKind.JOB_KIND_LOAD, "/data");
        if (job.getState() != JobState.JOB_STATE_SUCCEEDED) {
            throw new IllegalStateException("the load ended " + job);
        }
        say(
                "loaded "
                        + job.getDoneFiles()
                        + " files in "
                        + (job.getFinishedMillis() - job.getStartedMillis())
                        + " ms");
    }

    private static void free(TestCluster cluster) throws InterruptedException {
        Job job = cluster.run(JobKind.JOB_KIND_FREE, "/data");
        if (job.getState() != JobState.JOB_STATE_SUCCEEDED) {
            throw new IllegalStateException("the free ended " + job);
        }
    }

    private static List<Path> small(Path root, DataSet data) {
        return paths(root, data, "class-");
    }

    private static List<Path> large(Path root, DataSet data) {
        return paths(root, data, "shards/");
    }

    private static List<Path> paths(Path root, DataSet data, String prefix) {
        return data.paths().stream()
                .filter(path -> path.startsWith(prefix))
                .map(root::resolve)
                .toList();
    }

    private static void writeLocal(DataSet data, Path root) throws IOException {
        for (String path : data.paths()) {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.write(file, data.content(path));
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder())
                    .forEach(path -> {
                        try {
                            Files.delete(path);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
        }
    }

    private static void say(String line) {
        System.err.println(line);
    }
}
