package io.millrace.bench;

import io.millrace.cache.CacheSettings;
import io.millrace.cache.CacheStore;
import io.millrace.cache.CachedFile;
import io.millrace.cache.SyncPolicy;
import io.millrace.model.ByteCount;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Opens a cache directory with many files in a process of its own: how long until a file of it can
 * be read, until all are known, and how much memory the process has then, after a collection and
 * with a young generation of 16 MiB, beyond that of an empty cache. The files are made by the cache
 * itself, and kept for the next run.
 */
@Command(
        name = "bench/run recovery",
        mixinStandardHelpOptions = true,
        description = "Opens a cache with many files, and measures time and memory.")
public final class RecoveryBench implements Callable<Integer> {

    private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

    /** Of each file. */
    private static final int BYTES = 1024;

    @Option(names = "--files", split = ",", description = "How many (default ${DEFAULT-VALUE}).")
    private List<Integer> counts = List.of(200_000, 1_000_000);

    @Option(names = "--data", required = true, description = "Where the cache directories are.")
    private Path data = Path.of("");

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 3;

    /** What one opening took. */
    private record Opening(double servingMillis, double completeMillis, long rssBytes) {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RecoveryBench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Path none = data.resolve("cache-0");
        make(none, 0);
        boolean cold = Files.isWritable(DROP_CACHES);
        if (!cold) {
            System.err.println("not root: the kernel's caches are warm in all rounds");
        }
        System.out.println(
                "| files | kernel | serving after | all known after | memory | bytes a file |");
        System.out.println("|---|---|---|---|---|---|");
        long empty = median(open(none, 0, false)).rssBytes();
        for (int count : counts) {
            Path cache = data.resolve("cache-" + count);
            make(cache, count);
            if (cold) {
                print(count, "cold", median(open(cache, count, true)), empty);
            }
            print(count, "warm", median(open(cache, count, false)), empty);
        }
        return 0;
    }

    private static void print(int count, String kernel, Opening opening, long empty) {
        System.out.printf(
                Locale.ROOT,
                "| %,d | %s | %.0f ms | %.1f s | %d MiB | %d |%n",
                count,
                kernel,
                opening.servingMillis(),
                opening.completeMillis() / 1000,
                opening.rssBytes() >> 20,
                (opening.rssBytes() - empty) / count);
    }

    /** Of each figure by itself. */
    private static Opening median(List<Opening> openings) {
        int middle = openings.size() / 2;
        return new Opening(
                openings.stream().mapToDouble(Opening::servingMillis).sorted().toArray()[middle],
                openings.stream().mapToDouble(Opening::completeMillis).sorted().toArray()[middle],
                openings.stream().mapToLong(Opening::rssBytes).sorted().toArray()[middle]);
    }

    private List<Opening> open(Path cache, int count, boolean cold) throws Exception {
        List<Opening> openings = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            if (cold) {
                new ProcessBuilder("sync").inheritIO().start().waitFor();
                Files.writeString(DROP_CACHES, "3");
            }
            Process process =
                    new ProcessBuilder(
                                    ProcessHandle.current().info().command().orElseThrow(),
                                    "-Xmx256m",
                                    "-Xms32m",
                                    "-Xmn16m",
                                    "-XX:+UseSerialGC",
                                    "--enable-native-access=ALL-UNNAMED",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    Opened.class.getName(),
                                    cache.toString(),
                                    Integer.toString(count))
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            String[] figures = process.inputReader().readLine().split(" ");
            process.waitFor();
            openings.add(
                    new Opening(
                            Double.parseDouble(figures[0]),
                            Double.parseDouble(figures[1]),
                            Long.parseLong(figures[2])));
        }
        return openings;
    }

    private static void make(Path cache, int count) throws IOException {
        Path made = cache.resolve("made");
        if (Files.exists(made)) {
            return;
        }
        System.err.println("making " + count + " files in " + cache);
        try (CacheStore store = CacheStore.open(settings(cache))) {
            ByteBuffer bytes = ByteBuffer.allocate(BYTES);
            for (int number = 0; number < count; number++) {
                FileSource source = source(number);
                try (CachedFile file = store.open(source.fileVersion(), BYTES)) {
                    new Random(number).nextBytes(bytes.array());
                    file.put(0, bytes);
                }
            }
        }
        Files.createFile(made);
    }

    private static FileSource source(int number) {
        return new FileSource(1, "data/" + number, "v", BYTES);
    }

    private static CacheSettings settings(Path cache) {
        return new CacheSettings(
                cache, new ByteCount(1L << 40), new ByteCount(0), SyncPolicy.NEVER, 512);
    }

    /** The process that opens a cache: prints its figures. */
    static final class Opened {

        public static void main(String[] arguments) throws Exception {
            int count = Integer.parseInt(arguments[1]);
            long start = System.nanoTime();
            CacheStore store = CacheStore.open(settings(Path.of(arguments[0])));
            if (count > 0) {
                FileVersion version = source(count / 2).fileVersion();
                try (CachedFile file = store.openResident(version, BYTES).orElseThrow()) {
                    file.verify(0);
                    file.read(ByteBuffer.allocate(BYTES), 0);
                }
            }
            double serving = (System.nanoTime() - start) / 1e6;
            while (!store.usage().recovered()) {
                Thread.sleep(5);
            }
            double complete = (System.nanoTime() - start) / 1e6;
            if (store.usage().files() != count) {
                throw new IllegalStateException(store.usage() + " lacks some of " + count);
            }
            System.gc();
            System.out.println(serving + " " + complete + " " + rssBytes());
            store.close();
        }

        private static long rssBytes() throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
            throw new IOException("no VmRSS");
        }
    }
}
