package io.millrace.cache.eviction;

/**
 * Remembers which files were evicted last, without their bytes: the ghost queue of S3-FIFO.
 *
 * <p>A first-in, first-out queue as a table of buckets: an entry counts as long as fewer than the
 * queue's bytes have come after it, and is overwritten when its bucket is full of newer ones. 16
 * bytes an entry; forgetting one too early costs one wrong guess.
 */
final class GhostTable {

    private static final int BUCKET = 4;
    private static final int LEAST = 256;
    private static final int MOST = 1 << 21;

    private long[] identities = new long[LEAST];

    /** Bytes that had come when the entry did; 0: empty. */
    private long[] positions = new long[LEAST];

    private long position = 1;
    private int entries;

    /** Notes that a file was evicted. */
    void add(long identity, long bytes) {
        position += Math.max(1, bytes);
        if (entries > identities.length / 2 && identities.length < MOST) {
            rehash(2 * identities.length);
        }
        put(identity, position);
    }

    private void put(long identity, long at) {
        int first = bucket(identity);
        int oldest = first;
        for (int i = first; i < first + BUCKET; i++) {
            if (positions[i] != 0 && identities[i] == identity) {
                positions[i] = at;
                return;
            }
            if (positions[i] < positions[oldest]) {
                oldest = i;
            }
        }
        if (positions[oldest] == 0) {
            entries++;
        }
        identities[oldest] = identity;
        positions[oldest] = at;
    }

    /** Whether a file is among the last {@code bytes} evicted; it is forgotten then. */
    boolean take(long identity, long bytes) {
        int first = bucket(identity);
        for (int i = first; i < first + BUCKET; i++) {
            if (positions[i] != 0 && identities[i] == identity) {
                boolean recent = position - positions[i] < bytes;
                positions[i] = 0;
                entries--;
                return recent;
            }
        }
        return false;
    }

    private void rehash(int length) {
        long[] oldIdentities = identities;
        long[] oldPositions = positions;
        identities = new long[length];
        positions = new long[length];
        entries = 0;
        for (int i = 0; i < oldIdentities.length; i++) {
            if (oldPositions[i] != 0) {
                put(oldIdentities[i], oldPositions[i]);
            }
        }
    }

    /** The versions are hashes already; the low bits choose. */
    private int bucket(long identity) {
        return (int) identity & (identities.length - 1) & -BUCKET;
    }
}
