package io.millrace.standalone.demo;

import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A data set as training has them: many small files in directories, and a few large shards. Content
 * and sizes follow from the seed alone, so that any byte can be computed again to compare it.
 *
 * @param smallFiles how many small files, 0 to 10,000,000
 * @param directories they are spread over, 1 to 10,000
 * @param shards how many large files, 0 to 1,000
 * @param shardBytes length of each
 * @param seed of all content
 */
public record DataSet(int smallFiles, int directories, int shards, long shardBytes, long seed) {

    private static final int LEAST_SMALL_BYTES = 64 * 1024;
    private static final int MOST_SMALL_BYTES = 110 * 1024;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int BUFFER_BYTES = 1 << 20;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Small files or shards. */
    public enum Part {
        SMALL,
        SHARD
    }

    /**
     * One file.
     *
     * @param number unique in the data set; the content follows from it
     * @param path relative to the data set, with {@code /}
     * @param length in bytes
     * @param part what it is one of
     */
    public record File(int number, String path, long length, Part part) {}

    /** All files; small ones first. */
    public List<File> files() {
        List<File> files = new ArrayList<>(smallFiles + shards);
        for (int i = 0; i < smallFiles; i++) {
            files.add(
                    new File(
                            i,
                            String.format(
                                    Locale.ROOT, "train/class-%02d/%06d.bin", i % directories, i),
                            smallLength(i),
                            Part.SMALL));
        }
        for (int i = 0; i < shards; i++) {
            files.add(
                    new File(
                            smallFiles + i,
                            String.format(Locale.ROOT, "shards/shard-%02d.bin", i),
                            shardBytes,
                            Part.SHARD));
        }
        return files;
    }

    /** Of all files together. */
    public long bytes() {
        return files().stream().mapToLong(File::length).sum();
    }

    /** Names the content: equal for equal data sets. */
    public String fingerprint() {
        return String.format(
                Locale.ROOT,
                "v1-%d-%d-%d-%d-%x",
                smallFiles,
                directories,
                shards,
                shardBytes,
                seed);
    }

    private long smallLength(int number) {
        long spread = MOST_SMALL_BYTES - LEAST_SMALL_BYTES + 1;
        return LEAST_SMALL_BYTES + Long.remainderUnsigned(mix(seed ^ (number * GOLDEN)), spread);
    }

    /**
     * Computes content.
     *
     * @param offset in the file; a multiple of 8
     * @param target filled from its start
     * @param length how much of it
     */
    public void fill(File file, long offset, byte[] target, int length) {
        long base = mix(seed + (file.number() + 1) * GOLDEN);
        long word = offset / Long.BYTES;
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            LONGS.set(target, at, mix(base + word++ * GOLDEN));
        }
        for (long last = mix(base + word * GOLDEN); at < length; at++, last >>>= 8) {
            target[at] = (byte) last;
        }
    }

    /** The content as a stream. */
    public InputStream content(File file) {
        return new ContentStream(this, file);
    }

    /** CRC32C of the content. */
    public long checksum(File file) {
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[(int) Math.min(BUFFER_BYTES, file.length() + 7)];
        for (long at = 0; at < file.length(); at += buffer.length & -8) {
            int length = (int) Math.min(buffer.length & -8, file.length() - at);
            fill(file, at, buffer, length);
            checksum.update(buffer, 0, length);
        }
        return checksum.getValue();
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
