package io.millrace.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads files as a training loop does: each reader opens, reads to the end, and closes, in a
 * shuffled order.
 */
final class Readers {

    static final int BUFFER_BYTES = 1 << 20;

    /**
     * What one pass took.
     *
     * @param files how many were read
     * @param bytes how many were read
     * @param nanos from the first open to the last close
     */
    record Pass(long files, long bytes, long nanos) {

        double filesPerSecond() {
            return files * 1e9 / nanos;
        }

        /** In 10^9 bytes a second. */
        double gigabytesPerSecond() {
            return (double) bytes / nanos;
        }
    }

    private Readers() {}

    /**
     * Reads each of {@code files} once, shared among {@code readers} threads, in an order given by
     * {@code seed}.
     */
    static Pass read(List<Path> files, int readers, long seed) throws InterruptedException {
        List<Path> order = new ArrayList<>(files);
        Collections.shuffle(order, new Random(seed));
        AtomicInteger next = new AtomicInteger();
        AtomicLong bytes = new AtomicLong();
        CountDownLatch ready = new CountDownLatch(readers);
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < readers; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .name("reader-" + i)
                            .uncaughtExceptionHandler((thread, failure) -> failures.add(failure))
                            .start(() -> {
                                ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
                                ready.countDown();
                                await(go);
                                for (int at = next.getAndIncrement();
                                        at < order.size();
                                        at = next.getAndIncrement()) {
                                    bytes.addAndGet(readWhole(order.get(at), buffer));
                                }
                            }));
        }
        ready.await();
        long start = System.nanoTime();
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        long nanos = System.nanoTime() - start;
        if (!failures.isEmpty()) {
            throw new IllegalStateException("a reader failed", failures.getFirst());
        }
        return new Pass(order.size(), bytes.get(), nanos);
    }

    /** How one file is read; the bytes it has. */
    interface Reading {
        long read(String path, byte[] buffer);
    }

    /** Reads files in their order, shared among {@code readers} threads, for so long at most. */
    static Pass readFor(Duration limit, List<String> paths, int readers, Reading reading)
            throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicLong files = new AtomicLong();
        AtomicLong bytes = new AtomicLong();
        long start = System.nanoTime();
        long end = start + limit.toNanos();
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(readers)) {
            for (int i = 0; i < readers; i++) {
                all.add(
                        threads.submit(() -> {
                            byte[] buffer = new byte[BUFFER_BYTES];
                            for (int at = next.getAndIncrement();
                                    at < paths.size() && System.nanoTime() < end;
                                    at = next.getAndIncrement()) {
                                bytes.addAndGet(reading.read(paths.get(at), buffer));
                                files.incrementAndGet();
                            }
                        }));
            }
        }
        long nanos = System.nanoTime() - start;
        for (Future<?> one : all) {
            one.get();
        }
        return new Pass(files.get(), bytes.get(), nanos);
    }

    /** Reads a file to its end; the bytes it has. */
    static long readWhole(Path file, byte[] buffer) {
        return readWhole(file, ByteBuffer.wrap(buffer));
    }

    /** Nanoseconds from before the open until the first byte is here. */
    static long firstByteNanos(Path file) {
        long start = System.nanoTime();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.read(ByteBuffer.allocate(1)) != 1) {
                throw new IOException(file + " is empty");
            }
            return System.nanoTime() - start;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long readWhole(Path file, ByteBuffer buffer) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long total = 0;
            int count;
            do {
                buffer.clear();
                count = channel.read(buffer);
                total += Math.max(count, 0);
            } while (count >= 0);
            return total;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
