package io.millrace.standalone.demo;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.CRC32C;

/** Reads a whole data set once: the small files in random order, then the shards. */
public final class ReadPass {

    private static final int BUFFER_BYTES = 1 << 20;

    private final DataSet data;
    private final Check check;
    private final int readers;

    private ReadPass(DataSet data, Check check, int readers) {
        this.data = data;
        this.check = check;
        this.readers = readers;
    }

    /**
     * Compares the checksum of each file.
     *
     * @param checksums by file number
     * @param readers how many threads, 1 to 64
     */
    public static ReadPass checkingSums(DataSet data, Map<Integer, Long> checksums, int readers) {
        return new ReadPass(data, new Sums(checksums), readers);
    }

    /** Computes each byte again and compares it; slower. */
    public static ReadPass comparingBytes(DataSet data, int readers) {
        return new ReadPass(data, new Bytes(data), readers);
    }

    /**
     * What was read.
     *
     * @param small of the small files
     * @param shards of the large ones
     * @param wrong files that were not what was put into the bucket, with why; in order of paths
     */
    public record Result(Speed small, Speed shards, List<String> wrong) {}

    /**
     * How fast.
     *
     * @param files read to their end
     * @param bytes read
     * @param nanos from the first open to the last close
     */
    public record Speed(int files, long bytes, long nanos) {

        public double seconds() {
            return nanos / 1e9;
        }

        public double filesPerSecond() {
            return nanos == 0 ? 0 : files / seconds();
        }

        /** In MB (10^6 bytes) each second. */
        public double megabytesPerSecond() {
            return nanos == 0 ? 0 : bytes / 1e6 / seconds();
        }
    }

    /**
     * Reads everything.
     *
     * @param progress is told bytes as they are read, from any thread
     */
    public Result run(FileReading reading, LongConsumer progress) {
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        List<DataSet.File> small = new ArrayList<>(of(DataSet.Part.SMALL));
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(data.seed());
        Collections.shuffle(small, random);
        Speed smallSpeed = read(reading, small, readers, wrong, progress);
        List<DataSet.File> shards = of(DataSet.Part.SHARD);
        Speed shardSpeed = read(reading, shards, Math.min(readers, shards.size()), wrong, progress);
        return new Result(smallSpeed, shardSpeed, wrong.stream().sorted().toList());
    }

    private List<DataSet.File> of(DataSet.Part part) {
        return data.files().stream().filter(file -> file.part() == part).toList();
    }

    private Speed read(
            FileReading reading,
            List<DataSet.File> files,
            int threads,
            List<String> wrong,
            LongConsumer progress) {
        if (files.isEmpty()) {
            return new Speed(0, 0, 0);
        }
        AtomicInteger next = new AtomicInteger();
        long start = System.nanoTime();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(
                        pool.submit(() -> {
                            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
                            for (int n = next.getAndIncrement();
                                    n < files.size();
                                    n = next.getAndIncrement()) {
                                read(reading, files.get(n), buffer, wrong, progress);
                            }
                        }));
            }
            for (Future<?> reader : running) {
                reader.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.INTERRUPTED, "reading was stopped", e);
        }
        long bytes = files.stream().mapToLong(DataSet.File::length).sum();
        return new Speed(files.size(), bytes, System.nanoTime() - start);
    }

    private void read(
            FileReading reading,
            DataSet.File file,
            ByteBuffer buffer,
            List<String> wrong,
            LongConsumer progress) {
        try (FileReading.Open open = reading.open(file.path())) {
            Check.OfFile seen = check.of(file);
            long length = 0;
            while (true) {
                buffer.clear();
                int count = open.read(buffer);
                if (count < 0) {
                    break;
                }
                buffer.flip();
                seen.bytes(buffer);
                length += count;
                progress.accept(count);
            }
            if (length != file.length()) {
                wrong.add(file.path() + ": " + length + " bytes instead of " + file.length());
            } else if (!seen.isRight()) {
                wrong.add(file.path() + ": other bytes than were put into the bucket");
            }
        } catch (IOException | MillraceException e) {
            wrong.add(file.path() + ": " + e.getMessage());
        }
    }

    /** How content is compared. */
    private sealed interface Check {

        OfFile of(DataSet.File file);

        /** Is given a file's bytes in order. */
        interface OfFile {
            void bytes(ByteBuffer bytes);

            boolean isRight();
        }
    }

    private record Sums(Map<Integer, Long> checksums) implements Check {

        @Override
        public OfFile of(DataSet.File file) {
            CRC32C sum = new CRC32C();
            return new OfFile() {
                @Override
                public void bytes(ByteBuffer bytes) {
                    sum.update(bytes);
                }

                @Override
                public boolean isRight() {
                    return Long.valueOf(sum.getValue()).equals(checksums.get(file.number()));
                }
            };
        }
    }

    private record Bytes(DataSet data) implements Check {

        @Override
        public OfFile of(DataSet.File file) {
            int room = (int) Math.min(BUFFER_BYTES, file.length()) + Long.BYTES;
            return new OfFile() {
                private final byte[] seen = new byte[room];
                private final byte[] expected = new byte[room];
                private long at;
                private boolean right = true;

                @Override
                public void bytes(ByteBuffer bytes) {
                    int count = bytes.remaining();
                    if (at + count > file.length()) {
                        right = false;
                        return;
                    }
                    int skip = (int) (at % Long.BYTES);
                    bytes.get(seen, 0, count);
                    data.fill(file, at - skip, expected, count + skip);
                    right &= Arrays.equals(seen, 0, count, expected, skip, count + skip);
                    at += count;
                }

                @Override
                public boolean isRight() {
                    return right;
                }
            };
        }
    }
}
