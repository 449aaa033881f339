package io.millrace.bench;

import io.millrace.contracts.v1.AddMountRequest;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.testkit.cluster.Shell;
import io.millrace.testkit.cluster.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Walks the same entries in a local directory and through the mount, by the commands people use:
 * with an agent that was just started and knows nothing, with one that knows all while the kernel
 * knows nothing, and with a kernel that knows all. The metadata-service knows everything from
 * before. Dropping what the kernel knows needs root, and drops it for the whole machine.
 */
@Command(
        name = "bench/run walk",
        mixinStandardHelpOptions = true,
        description = "Walks many entries in a local directory and through the mount.")
public final class WalkBench implements Callable<Integer> {

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

    @Option(names = "--directories", description = "How many (default ${DEFAULT-VALUE}).")
    private int directories = 100;

    @Option(names = "--files", description = "In each of them (default ${DEFAULT-VALUE}).")
    private int files = 1_000;

    @Option(
            names = "--flat",
            description = "How many files in one more directory (default ${DEFAULT-VALUE}).")
    private int flat = 100_000;

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 5;

    /** What knows the entries before a walk, nearest to the walker. */
    private enum Known {
        LOCAL("local directory"),
        SERVICE("first walk"),
        AGENT("agent knows"),
        KERNEL("second walk");

        private final String title;

        Known(String title) {
            this.title = title;
        }
    }

    /** How a tree is walked, so that each entry is looked at with stat(2) and gives a line. */
    private enum Walker {
        FIND("find", "find", ".", "-size", "-1000k", "-printf", "\\n"),
        LS("ls -lR", "ls", "-lR", ".");

        private final String title;
        private final String[] command;

        Walker(String title, String... command) {
            this.title = title;
            this.command = command;
        }
    }

    private final Map<String, Map<Known, List<Double>>> rows = new LinkedHashMap<>();

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new WalkBench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Path local = Files.createTempDirectory("millrace-walk-");
        try (TestCluster cluster = TestCluster.start(settings -> settings.withWorkers(0))) {
            say("writing " + (directories * files + flat) + " files");
            write(local);
            var _ =
                    cluster.metadata()
                            .addMount(
                                    AddMountRequest.newBuilder()
                                            .setPath("/walk")
                                            .setUri(local.toUri().toString())
                                            .setOptions(
                                                    MountOptions.newBuilder()
                                                            .setMaxAgeMillis(3_600_000))
                                            .build());
            onFreshMount(cluster, root -> walk(root, Walker.FIND));
            for (int round = 1; round <= rounds; round++) {
                say("round " + round + " of " + rounds);
                for (Walker walker : Walker.values()) {
                    measure(cluster, local, "tree", directories * files, walker);
                    measure(cluster, local, "flat", flat, walker);
                }
            }
            System.out.println(table());
        } finally {
            delete(local);
        }
        return 0;
    }

    private void measure(TestCluster cluster, Path local, String shape, int entries, Walker walker)
            throws Exception {
        if (entries == 0) {
            return;
        }
        String row =
                String.format(
                        Locale.ROOT,
                        "%s, %,d entries in %d director%s",
                        walker.title,
                        entries,
                        shape.equals("tree") ? directories : 1,
                        shape.equals("tree") ? "ies" : "y");
        var _ = walk(local.resolve(shape), walker);
        add(row, Known.LOCAL, entries / walk(local.resolve(shape), walker));
        onFreshMount(
                cluster,
                mount -> {
                    Path root = mount.resolve(shape);
                    add(row, Known.SERVICE, entries / walk(root, walker));
                    add(row, Known.KERNEL, entries / walk(root, walker));
                    Files.writeString(DROP_CACHES, "2");
                    add(row, Known.AGENT, entries / walk(root, walker));
                });
    }

    private void add(String row, Known known, double entriesPerSecond) {
        rows.computeIfAbsent(row, _ -> new LinkedHashMap<>())
                .computeIfAbsent(known, _ -> new ArrayList<>())
                .add(entriesPerSecond);
    }

    private interface OnMount {
        void measure(Path root) throws Exception;
    }

    private static void onFreshMount(TestCluster cluster, OnMount what) throws Exception {
        Path mount = cluster.mount();
        try {
            what.measure(mount.resolve("walk"));
        } finally {
            cluster.cluster().unmount(mount);
        }
    }

    /** Seconds that it took. */
    private static double walk(Path root, Walker walker) throws InterruptedException {
        long start = System.nanoTime();
        var _ = Shell.run(root, LIMIT, walker.command).expectSuccess();
        return (System.nanoTime() - start) / 1e9;
    }

    private String table() {
        StringBuilder table = new StringBuilder("| entries/s |");
        for (Known known : Known.values()) {
            table.append(' ').append(known.title).append(" |");
        }
        table.append("\n|---|").append("---|".repeat(Known.values().length)).append('\n');
        rows.forEach((name, figures) -> {
            table.append("| ").append(name).append(" |");
            double base = median(figures.getOrDefault(Known.LOCAL, List.of()));
            for (Known known : Known.values()) {
                double median = median(figures.getOrDefault(known, List.of()));
                table.append(String.format(Locale.ROOT, " %,.0f (%.2f) |", median, median / base));
            }
            table.append('\n');
        });
        return table.toString();
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private void write(Path root) throws IOException {
        for (int directory = 0; directory < directories; directory++) {
            Path at =
                    Files.createDirectories(
                            root.resolve(String.format(Locale.ROOT, "tree/d%04d", directory)));
            fill(at, files);
        }
        fill(Files.createDirectories(root.resolve("flat")), flat);
    }

    private static void fill(Path directory, int count) throws IOException {
        for (int file = 0; file < count; file++) {
            var _ =
                    Files.writeString(
                            directory.resolve(String.format(Locale.ROOT, "file-%07d.jpg", file)),
                            "x");
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static void say(String line) {
        System.err.println(line);
    }
}
