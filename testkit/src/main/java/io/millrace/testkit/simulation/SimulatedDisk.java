package io.millrace.testkit.simulation;

import io.millrace.cache.CacheSurroundings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.stream.Stream;

/**
 * The cache directories of one worker, and what goes wrong in them: a disk that is full, or fails
 * to write; bytes that change; and, after a power loss, content that was never synced.
 */
final class SimulatedDisk {

    private final Random random;
    private final SimulatedThreads threads;
    private final List<Path> directories;
    private double fullRate;
    private double failureRate;
    private int flips;
    private boolean tablesFlipped;

    SimulatedDisk(Random random, SimulatedThreads threads, List<Path> directories) {
        this.random = random;
        this.threads = threads;
        this.directories = directories;
    }

    List<Path> directories() {
        return directories;
    }

    /** Which part of the writes finds the disk full, or fails, from now on, 0 to 1. */
    void failing(double full, double failure) {
        fullRate = full;
        failureRate = failure;
    }

    /** How many bytes it has changed. */
    int flips() {
        return flips;
    }

    /**
     * Whether it has changed a table of which chunks are there: one that says of a chunk that it is
     * there has its bytes counted until the chunk is checked.
     */
    boolean tablesFlipped() {
        return tablesFlipped;
    }

    /** What the cache of one process finds itself in. */
    CacheSurroundings surroundings(SimulatedProcess process) {
        return new CacheSurroundings() {
            @Override
            public ExecutorService pool(String name, int most, int waiting) {
                return new SimulatedPool(threads, process, name);
            }

            @Override
            public long nanoTime() {
                return threads.now();
            }

            @Override
            public void beforeWrite(Path directory) throws IOException {
                threads.pause(process);
                if (random.nextDouble() < fullRate) {
                    throw new IOException("No space left on device");
                }
                if (random.nextDouble() < failureRate) {
                    throw new IOException("a write failed");
                }
            }
        };
    }

    /**
     * Changes one byte of a file, and when it was modified: what changes without that is noticed
     * for parts of a chunk when the last check is old.
     *
     * @return the file's name; empty: there was none to change
     */
    Optional<String> flip() {
        List<Path> files = files();
        if (files.isEmpty()) {
            return Optional.empty();
        }
        Path file = files.get(random.nextInt(files.size()));
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (channel.size() == 0) {
                return Optional.empty();
            }
            long at = random.nextLong(channel.size());
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8)));
            channel.write(one.rewind(), at);
            Files.setLastModifiedTime(file, FileTime.fromMillis(++flips));
            tablesFlipped |= file.getFileName().toString().endsWith(".chunks");
            return Optional.of(file.getFileName().toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a loss of power leaves of files that were being written. */
    void losePower() {
        for (Path file : files()) {
            String name = file.getFileName().toString();
            if (!name.contains(".") || name.endsWith(".crc") || random.nextBoolean()) {
                continue;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                long size = channel.size();
                if (size == 0) {
                    continue;
                }
                long from = random.nextLong(size);
                if (random.nextInt(3) == 0) {
                    channel.truncate(from);
                } else {
                    int count = (int) Math.min(size - from, 1 + random.nextInt(1 << 20));
                    channel.write(ByteBuffer.allocate(count), from);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The files that hold content or checksums, in the order of their names. */
    List<Path> files() {
        return directories.stream().flatMap(SimulatedDisk::filesIn).toList();
    }

    private static Stream<Path> filesIn(Path directory) {
        Path root = directory.resolve("v1");
        if (!Files.isDirectory(root)) {
            return Stream.empty();
        }
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(Files::isRegularFile).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
