package io.millrace.testkit.cluster;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Files whose every byte follows from a seed.
 *
 * @param seed of all contents
 * @param lengths of the files, by path relative to the root of the set, in order
 */
public record DataSet(long seed, Map<String, Integer> lengths) {

    public DataSet {
        lengths = new LinkedHashMap<>(lengths);
    }

    /**
     * {@code files} of {@code minBytes} to {@code maxBytes} in {@code directories}, the first of
     * them empty, and {@code shards} of {@code shardBytes}.
     */
    public static DataSet of(
            long seed,
            int directories,
            int files,
            int minBytes,
            int maxBytes,
            int shards,
            int shardBytes) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Integer> lengths = new LinkedHashMap<>();
        for (int i = 0; i < files; i++) {
            lengths.put(
                    "class-%03d/image %05d.jpg".formatted(i % directories, i),
                    i == 0 ? 0 : random.nextInt(minBytes, maxBytes + 1));
        }
        for (int i = 0; i < shards; i++) {
            lengths.put("shards/shard-%03d.tar".formatted(i), shardBytes);
        }
        return new DataSet(seed, lengths);
    }

    public List<String> paths() {
        return List.copyOf(lengths.keySet());
    }

    /** Sum of the lengths in bytes. */
    public long bytes() {
        return lengths.values().stream().mapToLong(Integer::longValue).sum();
    }

    /** What the file at {@code path} holds. */
    public byte[] content(String path) {
        Integer length = lengths.get(path);
        if (length == null) {
            throw new IllegalArgumentException("no such file in the data set: " + path);
        }
        return content(path, length);
    }

    /** What a file at {@code path} of {@code length} bytes would hold. */
    public byte[] content(String path, int length) {
        byte[] content = new byte[length];
        new SplittableRandom(seed ^ ((long) path.hashCode() << 20) ^ length).nextBytes(content);
        return content;
    }

    /** Lines as {@code md5sum} prints and {@code md5sum -c} reads them. */
    public String md5Lines() {
        StringBuilder lines = new StringBuilder();
        for (String path : paths()) {
            lines.append(md5(content(path))).append("  ").append(path).append('\n');
        }
        return lines.toString();
    }

    private static String md5(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
