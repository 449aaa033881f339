package io.millrace.bench.warm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Warm reads, side by side: files of a local directory, and the same files through a mount of an
 * agent that finds them complete in a cache directory on the same disk. All page caches of the disk
 * are warm. Readers are processes, which live through all rounds; the agent is made anew in each,
 * and has opened each small file a few times before any counts, as one that has run for a minute.
 */
@Command(
        name = "bench/run warm",
        mixinStandardHelpOptions = true,
        description = "Reads cached files through a mount and from a local directory.")
public final class WarmRead implements Callable<Integer> {

    private static final List<Integer> READERS = List.of(1, 4, 8);
    private static final String FILES = "files/s";
    private static final String GIGABYTES = "GB/s";
    private static final String READS = "reads/s";

    @Option(names = "--data", required = true, description = "Where the files are, or are made.")
    private Path data = Path.of("");

    @Option(names = "--files", description = "How many small files (default ${DEFAULT-VALUE}).")
    private int files = 20_000;

    @Option(names = "--bytes", description = "Size of each (default ${DEFAULT-VALUE}).")
    private int bytes = 110_000;

    @Option(
            names = "--large-mib",
            split = ",",
            description = "Sizes of the large files (default ${DEFAULT-VALUE}).")
    private List<Integer> largeMebibytes = List.of(256, 1024);

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(
            names = "--warm-up",
            description =
                    "Passes over the small files before any counts (default ${DEFAULT-VALUE}).")
    private int warmUp = 5;

    @Option(names = "--read-policy", description = "Of the mount (default ${DEFAULT-VALUE}).")
    private String readPolicy = "passthrough";

    @Option(
            names = "--binding",
            description = "Of the mount: direct or jnr (default ${DEFAULT-VALUE}).")
    private String binding = "direct";

    @Option(
            names = "--only",
            defaultValue = "all",
            description = "small or large: nothing else (default ${DEFAULT-VALUE}).")
    private String only = "all";

    @Option(
            names = "--agent-option",
            description = "Of the agent's JVM, beside those it is always started with.")
    private List<String> agentOptions = List.of();

    private final Figures figures = new Figures();

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new WarmRead()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        Files.createDirectories(data);
        Path root = data.toRealPath();
        WarmFiles warm = new WarmFiles(root);
        warm.make(files, bytes, largeMebibytes);
        Path list = Files.write(root.resolve("list"), warm.small());
        try (ReaderProcesses readers = new ReaderProcesses(8);
                FixedNamespace namespace = warm.namespace()) {
            for (int round = 0; round < rounds; round++) {
                System.err.println("round " + (round + 1) + " of " + rounds);
                local(warm, readers, list, round);
                try (AgentMount mount =
                        new AgentMount(
                                root.resolve("agent.log"),
                                namespace.port(),
                                readPolicy,
                                binding,
                                agentOptions)) {
                    mounted(warm, mount, readers, list, round);
                }
            }
        }
        System.out.println("read policy " + readPolicy + "\n\n" + figures.table());
        return 0;
    }

    private void local(WarmFiles warm, ReaderProcesses readers, Path list, int round)
            throws IOException {
        if (!only.equals("large")) {
            walk(warm.local());
            for (int count : READERS) {
                ReaderProcesses.Pass pass = readers.small(warm.local(), list, count, round);
                for (String epoch : List.of("first", "second")) {
                    figures.local(row(epoch, count), FILES, files / pass.seconds());
                }
            }
        }
        if (!only.equals("small")) {
            large(readers, warm.local(), round, figures::local);
        }
    }

    private void mounted(
            WarmFiles warm, AgentMount mount, ReaderProcesses readers, Path list, int round)
            throws IOException {
        if (!only.equals("large")) {
            for (int pass = 0; pass < warmUp; pass++) {
                prime(warm, mount);
                var _ = readers.small(mount.directory(), list, READERS.getLast(), -1 - pass);
            }
            for (int count : READERS) {
                prime(warm, mount);
                for (String epoch : List.of("first", "second")) {
                    long before = mount.cpu().toNanos();
                    ReaderProcesses.Pass pass =
                            readers.small(mount.directory(), list, count, round);
                    figures.mount(
                            row(epoch, count),
                            FILES,
                            files / pass.seconds(),
                            (mount.cpu().toNanos() - before) / 1e3 / files);
                }
            }
        }
        if (!only.equals("small")) {
            long[] before = {mount.cpu().toNanos()};
            large(
                    readers,
                    mount.directory(),
                    round,
                    (name, unit, figure) -> {
                        long now = mount.cpu().toNanos();
                        figures.mount(name, unit, figure, (now - before[0]) / 1e6);
                        before[0] = now;
                    });
        }
    }

    private static String row(String epoch, int readers) {
        return "small, " + epoch + " epoch, " + readers + (readers == 1 ? " reader" : " readers");
    }

    private interface Sink {
        void add(String name, String unit, double figure);
    }

    private void large(ReaderProcesses readers, Path root, int round, Sink sink)
            throws IOException {
        for (int mebibytes : largeMebibytes) {
            Path file = root.resolve(WarmFiles.large(mebibytes));
            String name = mebibytes + " MiB, ";
            for (int kibibytes : List.of(1024, 128)) {
                ReaderProcesses.Pass pass = readers.stream(file, kibibytes << 10);
                sink.add(
                        name + "reads of " + kibibytes + " KiB",
                        GIGABYTES,
                        pass.bytes() / 1e9 / pass.seconds());
            }
            ReaderProcesses.Pass random = readers.random(file, round);
            sink.add(
                    name + "random reads of 4 KiB",
                    READS,
                    random.bytes() / 4096.0 / random.seconds());
            // libfuse2 maps no file that is read past the page cache.
            if (binding.equals("direct")) {
                ReaderProcesses.Pass mapped = readers.mmap(file);
                sink.add(name + "mmap", GIGABYTES, mapped.bytes() / 1e9 / mapped.seconds());
            }
        }
    }

    /**
     * Takes the mount's pages out of the kernel, and dentries and inodes of both sides, and has
     * both walked, so that the kernel knows all names again.
     */
    private static void prime(WarmFiles warm, AgentMount mount) throws IOException {
        Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "2");
        walk(warm.cache());
        walk(mount.directory());
    }

    private static void walk(Path root) throws IOException {
        try {
            int exit =
                    new ProcessBuilder("find", root.toString(), "-size", "+0", "-printf", "")
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start()
                            .waitFor();
            if (exit != 0) {
                throw new IOException("find " + root + " exited with " + exit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
