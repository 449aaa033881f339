package io.millrace.bench;

import io.millrace.contracts.v1.AwaitVisibleRequest;
import io.millrace.contracts.v1.Freshness;
import io.millrace.contracts.v1.GetFreshnessRequest;
import io.millrace.contracts.v1.MountFreshness;
import io.millrace.standalone.cluster.AgentMount;
import io.millrace.testkit.cluster.TestCluster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How soon writes to a bucket are seen through two mounts that follow its events, whether an open
 * after a barrier is ever stale, and how fast a backlog of events is applied.
 */
@Command(
        name = "bench/run events",
        mixinStandardHelpOptions = true,
        description = "From a write in the bucket to a read through two mounts.")
public final class EventsBench implements Callable<Integer> {

    private static final int DIRECTORIES = 10;
    private static final int WRITERS = 4;
    private static final long LOOK_NANOS = 10_000_000;
    private static final long LONGEST_LOOK_NANOS = 500_000_000;
    private static final long GIVEN_UP_NANOS = 30_000_000_000L;

    @Option(names = "--keys", description = "Objects (default ${DEFAULT-VALUE}).")
    private int keys = 2_000;

    @Option(names = "--rate", description = "Overwrites a second (default ${DEFAULT-VALUE}).")
    private int rate = 200;

    @Option(names = "--seconds", description = "Of overwrites (default ${DEFAULT-VALUE}).")
    private int seconds = 30;

    @Option(names = "--barriers", description = "Writes with one (default ${DEFAULT-VALUE}).")
    private int barriers = 1_000;

    @Option(
            names = "--opens",
            description = "On each mount after each barrier (default ${DEFAULT-VALUE}).")
    private int opens = 50;

    @Option(names = "--backlog", description = "Events at once (default ${DEFAULT-VALUE}).")
    private int backlog = 10_000;

    private final AtomicLong failedReads = new AtomicLong();
    private final Queue<Long> seenNanos = new ConcurrentLinkedQueue<>();

    public static void main(String[] arguments) {
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        Logger.getLogger("").setLevel(Level.WARNING);
        System.exit(new CommandLine(new EventsBench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        try (TestCluster cluster = TestCluster.start(settings -> settings)) {
            for (int key = 0; key < keys; key++) {
                cluster.bucket().put("set/" + name(key), content(0));
            }
            cluster.addMount(
                    "/data", "set/", options -> options.setFreshness(Freshness.FRESHNESS_EVENTS));
            Path other = cluster.mount().resolveSibling("mnt2");
            cluster.cluster().mount(AgentMount.at(other.toString()));
            List<Path> mounts = List.of(cluster.mount().resolve("data"), other.resolve("data"));
            for (Path mount : mounts) {
                for (int key = 0; key < keys; key++) {
                    version(mount, key);
                }
            }
            overwrite(cluster, mounts);
            barriers(cluster, mounts);
            backlog(cluster);
        }
        return 0;
    }

    private static String name(int key) {
        return "d" + key % DIRECTORIES + "/f" + key;
    }

    private static byte[] content(long version) {
        return ByteBuffer.allocate(1_000).putLong(version).array();
    }

    private static long version(Path mount, int key) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(mount.resolve(name(key)))).getLong();
    }

    /** Each write goes to another key, and is looked for on both mounts by a thread of its own. */
    private void overwrite(TestCluster cluster, List<Path> mounts) throws Exception {
        int writes = rate * seconds;
        long began = System.nanoTime();
        try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
                ExecutorService lookers = Executors.newCachedThreadPool()) {
            List<Future<?>> all =
                    IntStream.range(0, writes)
                            .<Future<?>>mapToObj(write ->
                                    writers.submit(() -> {
                                        waitUntil(began + write * 1_000_000_000L / rate);
                                        write(cluster, mounts, lookers, write);
                                    }))
                            .toList();
            for (Future<?> one : all) {
                one.get();
            }
        }
        double took = (System.nanoTime() - began) / 1e9;
        List<Long> seen = seenNanos.stream().sorted().toList();
        MountFreshness told = freshness(cluster);
        print("overwrites/s", writes / took);
        print("not seen within 30 s", writes * (double) mounts.size() - seen.size());
        print("reads that failed as stale", failedReads.get());
        print("ms from the write's answer to a read, median", seen.get(seen.size() / 2) / 1e6);
        print("ms from the write's answer to a read, p99", seen.get(seen.size() * 99 / 100) / 1e6);
        print("ms from event to namespace, median", told.getMedianMillis());
        print("ms from event to namespace, p99", told.getP99Millis());
    }

    private void write(TestCluster cluster, List<Path> mounts, ExecutorService lookers, int write) {
        int key = write % keys;
        long version = 1 + write / keys;
        cluster.bucket().put("set/" + name(key), content(version));
        long written = System.nanoTime();
        for (Path mount : mounts) {
            lookers.execute(() -> {
                long pause = LOOK_NANOS;
                while (!isSeen(mount, key, version)) {
                    if (System.nanoTime() - written > GIVEN_UP_NANOS) {
                        return;
                    }
                    LockSupport.parkNanos(pause);
                    pause = Math.min(pause * 3 / 2, LONGEST_LOOK_NANOS);
                }
                seenNanos.add(System.nanoTime() - written);
            });
        }
    }

    /** A read fails as stale when the bucket has replaced what was opened. */
    private boolean isSeen(Path mount, int key, long version) {
        try {
            return version(mount, key) >= version;
        } catch (IOException e) {
            failedReads.incrementAndGet();
            return false;
        }
    }

    private static void waitUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void barriers(TestCluster cluster, List<Path> mounts) throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        long stale = 0;
        long nanos = 0;
        for (int barrier = 0; barrier < barriers; barrier++) {
            int key = random.nextInt(keys);
            long version = 1_000_000L + barrier;
            cluster.bucket().put("set/" + name(key), content(version));
            long began = System.nanoTime();
            boolean visible =
                    cluster.visibility()
                            .awaitVisible(
                                    AwaitVisibleRequest.newBuilder()
                                            .setPath("/data/" + name(key))
                                            .build())
                            .getVisible();
            nanos += System.nanoTime() - began;
            if (!visible) {
                throw new IllegalStateException("barrier " + barrier + " was not passed");
            }
            for (int open = 0; open < opens; open++) {
                for (Path mount : mounts) {
                    stale += version(mount, key) == version ? 0 : 1;
                }
            }
        }
        print("ms of a barrier, mean", nanos / 1e6 / barriers);
        print("opens after barriers", (double) barriers * opens * mounts.size());
        print("of these stale", stale);
    }

    private void backlog(TestCluster cluster) throws Exception {
        long before = freshness(cluster).getAppliedEvents();
        long began;
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", cluster.cluster().endpoints().kafka()),
                        new StringSerializer(),
                        new StringSerializer())) {
            began = System.nanoTime();
            for (int event = 0; event < backlog; event++) {
                String key = "set/" + name(event % keys);
                producer.send(
                        new ProducerRecord<>(
                                "ufs.changes", key, event(cluster.bucket().name(), key)));
            }
        }
        while (freshness(cluster).getAppliedEvents() < before + backlog) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        print("events applied/s from a backlog", backlog * 1e9 / (System.nanoTime() - began));
    }

    private static String event(String bucket, String key) {
        return """
        {"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3",
          "eventTime": "%s", "eventName": "ObjectCreated:Put",
          "s3": {"bucket": {"name": "%s"}, "object": {"key": "%s", "size": 1000}}}]}
        """
                .formatted(Instant.now(), bucket, key);
    }

    private static MountFreshness freshness(TestCluster cluster) {
        return cluster.metadata()
                .getFreshness(GetFreshnessRequest.newBuilder().setMountPath("/data").build());
    }

    private static void print(String name, double figure) {
        System.out.printf(Locale.ROOT, "| %s | %.1f |%n", name, figure);
    }
}
