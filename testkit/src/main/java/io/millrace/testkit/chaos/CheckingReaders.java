package io.millrace.testkit.chaos;

import io.millrace.client.Cancellation;
import io.millrace.client.FileReader;
import io.millrace.client.MillraceClient;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.testkit.cluster.DataSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Threads that open files at random, read them in whole and in part, and compare every byte. */
final class CheckingReaders implements AutoCloseable {

    private static final int MOST_FAILURES = 100;
    private static final int WHOLE_BELOW = 1 << 20;

    private final MillraceClient client;
    private final String root;
    private final Map<String, byte[]> contents = new HashMap<>();
    private final List<String> paths;
    private final List<Thread> threads = new ArrayList<>();
    private final LongAdder reads = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder stale = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final AtomicLong slowestNanos = new AtomicLong();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean ended;

    /**
     * @param root where the data set is mounted
     */
    CheckingReaders(MillraceClient client, String root, DataSet data) {
        this.client = client;
        this.root = root;
        this.paths = data.paths();
        paths.forEach(path -> contents.put(path, data.content(path)));
    }

    void start(int count, long seed) {
        for (int i = 0; i < count; i++) {
            SplittableRandom random = new SplittableRandom(seed + i);
            threads.add(Thread.ofPlatform().name("reader-" + i).start(() -> read(random)));
        }
    }

    private void read(SplittableRandom random) {
        while (!ended) {
            String path = paths.get(random.nextInt(paths.size()));
            long start = System.nanoTime();
            try {
                NamespaceEntry entry =
                        client.namespace()
                                .resolve(
                                        NamespacePath.parse(root + "/" + path), new Cancellation());
                try (FileReader file = client.open(entry)) {
                    readParts(file, path, random);
                }
                slowestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
            } catch (MillraceException e) {
                fail(path, e, System.nanoTime() - start);
            }
        }
    }

    /** A small file whole; of a large one a few ranges, small and large, anywhere. */
    private void readParts(FileReader file, String path, SplittableRandom random) {
        byte[] expected = contents.getOrDefault(path, new byte[0]);
        if (expected.length <= WHOLE_BELOW) {
            readOne(file, path, expected, 0, expected.length);
            return;
        }
        for (int part = 0; part < 4 && !ended; part++) {
            int most = random.nextBoolean() ? 64 << 10 : 3 << 20;
            int length = 1 + random.nextInt(Math.min(most, expected.length));
            readOne(file, path, expected, random.nextInt(expected.length - length + 1), length);
        }
    }

    private void readOne(FileReader file, String path, byte[] expected, int offset, int length) {
        ByteBuffer target = ByteBuffer.allocateDirect(length);
        if (length > 0) {
            file.read(target, offset, new Cancellation());
        }
        int got = target.position();
        ByteBuffer wanted = ByteBuffer.wrap(expected, offset, length);
        if (got != length || target.flip().mismatch(wanted) >= 0) {
            wrong.increment();
            note(
                    "WRONG BYTES of "
                            + path
                            + " at "
                            + offset
                            + ", "
                            + got
                            + " of "
                            + length
                            + ", first wrong at "
                            + target.mismatch(wanted));
        }
        reads.increment();
        bytes.add(length);
    }

    private void fail(String path, MillraceException e, long nanos) {
        if (e.code() == ErrorCode.STALE_VERSION) {
            stale.increment();
            return;
        }
        failed.increment();
        note(
                path
                        + " after "
                        + TimeUnit.NANOSECONDS.toMillis(nanos)
                        + " ms: "
                        + e.code()
                        + " "
                        + e.getMessage());
    }

    private void note(String failure) {
        if (failures.size() < MOST_FAILURES) {
            failures.add(failure);
        }
    }

    /** What was read so far. */
    ChaosReport report(long seed, Map<String, Integer> faults) {
        return new ChaosReport(
                seed,
                reads.sum(),
                bytes.sum(),
                TimeUnit.NANOSECONDS.toMillis(slowestNanos.get()),
                stale.sum(),
                List.copyOf(failures),
                failed.sum(),
                wrong.sum(),
                faults);
    }

    /** Ends the threads, each after the read it is at. */
    @Override
    public void close() throws InterruptedException {
        ended = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
