package io.millrace.bench.warm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * One reader in a process of its own: takes tasks on standard input, and says when each is prepared
 * and how many bytes it read.
 */
final class ReaderProcess {

    private static final int PAGE = 4096;
    private static final int RANDOM_READS = 100_000;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);

    private ReaderProcess() {}

    /** What is to be read, once told to go. */
    private interface Task {
        long run() throws IOException;
    }

    public static void main(String[] arguments) throws IOException {
        ReaderProcess reader = new ReaderProcess();
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Task task = reader.prepare(line.split("\t", -1));
            System.out.println("ready");
            if (in.readLine() == null) {
                return;
            }
            System.out.println(task.run());
        }
    }

    private Task prepare(String[] words) throws IOException {
        return switch (words[0]) {
            case "small" -> {
                List<Path> share =
                        share(
                                Path.of(words[1]),
                                Path.of(words[2]),
                                Long.parseLong(words[3]),
                                Integer.parseInt(words[4]),
                                Integer.parseInt(words[5]));
                yield () -> {
                    long bytes = 0;
                    for (Path file : share) {
                        bytes += stream(file, buffer.capacity());
                    }
                    return bytes;
                };
            }
            case "stream" -> () -> stream(Path.of(words[1]), Integer.parseInt(words[2]));
            case "random" -> () -> random(Path.of(words[1]), Long.parseLong(words[2]));
            case "mmap" -> () -> mapped(Path.of(words[1]));
            default -> throw new IllegalArgumentException(words[0]);
        };
    }

    /** Every {@code of}-th of the files listed in {@code list}, in an order given by the seed. */
    private static List<Path> share(Path root, Path list, long seed, int index, int of)
            throws IOException {
        List<String> all = new ArrayList<>(Files.readAllLines(list));
        Collections.shuffle(all, new Random(seed));
        List<Path> share = new ArrayList<>();
        for (int i = index; i < all.size(); i += of) {
            share.add(root.resolve(all.get(i)));
        }
        return share;
    }

    private long stream(Path file, int block) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long total = 0;
            int count;
            do {
                count = channel.read(buffer.clear().limit(block));
                total += Math.max(count, 0);
            } while (count >= 0);
            return total;
        }
    }

    private long random(Path file, long seed) throws IOException {
        Random random = new Random(seed);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long pages = channel.size() / PAGE;
            for (int i = 0; i < RANDOM_READS; i++) {
                var _ = channel.read(buffer.clear().limit(PAGE), random.nextLong(pages) * PAGE);
            }
            return (long) RANDOM_READS * PAGE;
        }
    }

    /** Maps the file and touches each page. */
    private static long mapped(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            long size = channel.size();
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            long sum = 0;
            for (long at = 0; at < size; at += PAGE) {
                sum += mapped.get(ValueLayout.JAVA_BYTE, at);
            }
            return sum == Long.MIN_VALUE ? 0 : size;
        }
    }
}
