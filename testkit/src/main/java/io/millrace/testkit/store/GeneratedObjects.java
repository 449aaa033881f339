package io.millrace.testkit.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Objects that are computed, not stored: small ones named {@code small/dir-NNNN/file-NNNNNNNN},
 * {@value #PER_DIRECTORY} to a directory, and large ones named {@code large/shard-NNNN}. The bytes
 * of each begin elsewhere in one random pattern.
 *
 * @param smallCount how many small objects there are
 * @param smallBytes of each
 * @param largeCount how many large objects there are
 * @param largeBytes of each
 */
public record GeneratedObjects(int smallCount, int smallBytes, int largeCount, long largeBytes) {

    private static final int PER_DIRECTORY = 1_000;
    private static final int PATTERN_BYTES = 1 << 20;

    /** Twice, so that a megabyte can be taken from anywhere in the first. */
    private static final ByteBuffer PATTERN = pattern();

    /**
     * An object.
     *
     * @param key by which it is asked for
     * @param length in bytes
     */
    public record Generated(String key, long length) {

        public String etag() {
            return String.format("\"%016x\"", key.hashCode() * 0x9E3779B97F4A7C15L + length);
        }

        /** Its bytes from {@code offset} on, a megabyte at most. */
        public ByteBuffer bytes(long offset) {
            int at = (int) ((offset + (key.hashCode() & 0xFFFF)) % PATTERN_BYTES);
            return PATTERN.slice(at, (int) Math.min(PATTERN_BYTES, length - offset));
        }
    }

    /** A page of a listing: keys and prefixes in order. */
    record Page(List<Generated> objects, List<String> prefixes, @Nullable String next) {}

    private static ByteBuffer pattern() {
        byte[] once = new byte[PATTERN_BYTES];
        new Random(42).nextBytes(once);
        return ByteBuffer.allocateDirect(2 * PATTERN_BYTES)
                .put(once)
                .put(once)
                .flip()
                .asReadOnlyBuffer();
    }

    public int count() {
        return smallCount + largeCount;
    }

    /** By its place in the order of keys. */
    public Generated at(int index) {
        return index < largeCount
                ? new Generated(String.format("large/shard-%04d", index), largeBytes)
                : small(index - largeCount);
    }

    private Generated small(int index) {
        return new Generated(
                String.format("small/dir-%04d/file-%08d", index / PER_DIRECTORY, index),
                smallBytes);
    }

    Optional<Generated> find(String key) {
        int index = indexFrom(key, false);
        return index < count() && at(index).key().equals(key)
                ? Optional.of(at(index))
                : Optional.empty();
    }

    /** Of the first key that does not come before {@code key}, or that comes after it. */
    private int indexFrom(String key, boolean after) {
        int low = 0;
        int high = count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            int order = at(middle).key().compareTo(key);
            if (order < 0 || after && order == 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * @param delimiter empty: none
     * @param after keys, and prefixes, up to this one were listed; empty: none were
     */
    Page list(String prefix, String delimiter, String after, int maxKeys) {
        List<Generated> objects = new ArrayList<>();
        List<String> prefixes = new ArrayList<>();
        int index =
                Math.max(
                        indexFrom(prefix, false),
                        after.isEmpty() ? 0 : indexFrom(endOf(after, delimiter), true));
        String last = after;
        while (index < count()) {
            Generated object = at(index);
            if (!object.key().startsWith(prefix)) {
                break;
            }
            if (objects.size() + prefixes.size() == maxKeys) {
                return new Page(objects, prefixes, last);
            }
            int end = delimiter.isEmpty() ? -1 : object.key().indexOf(delimiter, prefix.length());
            if (end < 0) {
                objects.add(object);
                last = object.key();
                index++;
            } else {
                last = object.key().substring(0, end + delimiter.length());
                prefixes.add(last);
                index = indexFrom(endOf(last, delimiter), true);
            }
        }
        return new Page(objects, prefixes, null);
    }

    /** No key below a prefix comes after this. */
    private static String endOf(String keyOrPrefix, String delimiter) {
        return !delimiter.isEmpty() && keyOrPrefix.endsWith(delimiter)
                ? keyOrPrefix + Character.MAX_VALUE
                : keyOrPrefix;
    }
}
