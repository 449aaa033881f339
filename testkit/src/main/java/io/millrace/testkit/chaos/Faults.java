package io.millrace.testkit.chaos;

import io.millrace.standalone.cluster.Part;
import io.millrace.testkit.cluster.Shell;
import io.millrace.testkit.cluster.TestCluster;
import io.millrace.testkit.network.RelayFault;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Lets workers, disks and the bucket fail, one worker or disk at a time and the bucket beside it.
 * One thread calls it.
 */
final class Faults {

    private static final Pattern CACHE_FILE = Pattern.compile("[0-9a-f]{32}(\\.part)?");
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(10);
    private static final int BALLAST_STEP = 1 << 20;

    private final TestCluster cluster;
    private final Path smallDisk;
    private final SplittableRandom random;
    private final Map<String, Integer> counts = new TreeMap<>();

    /** What fails on the workers' side. */
    private enum Local {
        KILL,
        STOP,
        FULL_DISK,
        BIT_FLIPS
    }

    /** What fails on the bucket's side, for part of its requests. */
    private enum Remote {
        SLOW_DOWN,
        SERVER_ERROR,
        LATE,
        TRUNCATED,
        RESET,
        WRONG_VERSION,
        CUT_OFF
    }

    /**
     * @param smallDisk cache directory of the first worker, on a file system of its own
     */
    Faults(TestCluster cluster, Path smallDisk, long seed) {
        this.cluster = cluster;
        this.smallDisk = smallDisk;
        this.random = new SplittableRandom(seed);
    }

    /** How often each thing failed. */
    Map<String, Integer> counts() {
        return counts;
    }

    /** Lets things fail for a few seconds and mends them. */
    void round() throws Exception {
        Remote remote =
                random.nextInt(3) == 0
                        ? null
                        : Remote.values()[random.nextInt(Remote.values().length)];
        if (remote != null) {
            begin(remote);
        }
        try {
            run(Local.values()[random.nextInt(Local.values().length)]);
        } finally {
            cluster.relay().failRequests(_ -> new RelayFault.None());
            cluster.relay().restore();
            cluster.relay().forgetRequests();
        }
        pause(500 + random.nextInt(1_500));
    }

    private void begin(Remote remote) throws InterruptedException {
        count("bucket " + remote);
        long seed = random.nextLong();
        SplittableRandom chance = new SplittableRandom(seed);
        Function<String, RelayFault> fault =
                switch (remote) {
                    case SLOW_DOWN -> _ -> RelayFault.Answer.error(503, "SlowDown");
                    case SERVER_ERROR -> _ -> RelayFault.Answer.error(500, "InternalError");
                    case LATE -> _ -> new RelayFault.Delay(Duration.ofMillis(800));
                    case TRUNCATED -> _ -> new RelayFault.CutAfter(300 + chance.nextInt(90_000));
                    case RESET -> _ -> new RelayFault.Reset();
                    case WRONG_VERSION -> Faults::otherVersion;
                    case CUT_OFF -> _ -> new RelayFault.None();
                };
        cluster.relay()
                .failRequests(request -> {
                    synchronized (chance) {
                        return request.startsWith("GET ") && chance.nextInt(3) == 0
                                ? fault.apply(request)
                                : new RelayFault.None();
                    }
                });
        if (remote == Remote.CUT_OFF) {
            cluster.relay().cut();
            pause(1_000);
            cluster.relay().restore();
        }
    }

    /** What a cache between could say: an object, but not the one that was asked for. */
    private static RelayFault otherVersion(String request) {
        return request.contains("?list-type")
                ? new RelayFault.None()
                : new RelayFault.Answer(200, "ETag: \"another\"\r\n", "other bytes");
    }

    private void run(Local local) throws Exception {
        count("worker " + local);
        List<Part> workers = cluster.cluster().workers();
        Part worker = workers.get(random.nextInt(workers.size()));
        switch (local) {
            case KILL -> {
                worker.kill();
                pause(200 + random.nextInt(5_000));
                worker.start();
            }
            case STOP -> {
                signal("-STOP", worker);
                pause(10_000);
                signal("-CONT", worker);
            }
            case FULL_DISK -> {
                Path ballast = smallDisk.resolve("ballast");
                try {
                    fill(ballast);
                    pause(3_000);
                } finally {
                    Files.deleteIfExists(ballast);
                }
            }
            case BIT_FLIPS -> {
                for (int i = 0; i < 10; i++) {
                    flip(workers.get(random.nextInt(workers.size())));
                    pause(300);
                }
            }
        }
    }

    private static void signal(String which, Part worker) throws InterruptedException {
        Shell.run(Path.of("/"), COMMAND_LIMIT, "kill", which, Long.toString(worker.pid()))
                .expectSuccess();
    }

    private static void fill(Path ballast) throws IOException {
        byte[] step = new byte[BALLAST_STEP];
        try (RandomAccessFile file = new RandomAccessFile(ballast.toFile(), "rw")) {
            for (; ; ) {
                file.write(step);
            }
        } catch (IOException full) {
            if (!Files.exists(ballast)) {
                throw full;
            }
        }
    }

    /** Changes one byte of one cache file, behind the worker's back. */
    private void flip(Part worker) throws IOException {
        Path cache = cluster.cluster().home().cacheOf(worker.name());
        List<Path> files;
        try (Stream<Path> found = Files.walk(cache)) {
            files =
                    found.filter(file ->
                                    CACHE_FILE.matcher(file.getFileName().toString()).matches())
                            .toList();
        } catch (java.io.UncheckedIOException gone) {
            return;
        }
        if (files.isEmpty()) {
            return;
        }
        Path file = files.get(random.nextInt(files.size()));
        if (!Files.exists(file) || Files.size(file) == 0) {
            return;
        }
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            if (disk.length() == 0) {
                return;
            }
            disk.seek(random.nextLong(disk.length()));
            int value = disk.read();
            disk.seek(disk.getFilePointer() - 1);
            disk.write(value ^ (1 << random.nextInt(8)));
            count("byte changed");
        }
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private static void pause(long millis) throws InterruptedException {
        Thread.sleep(millis);
    }
}
