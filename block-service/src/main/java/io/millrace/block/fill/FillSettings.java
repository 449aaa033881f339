package io.millrace.block.fill;

import io.millrace.model.BlockLayout;
import java.time.Duration;

/**
 * Limits of fetching.
 *
 * @param maxGets requests at under stores at once, of all kinds; 1 or more
 * @param maxLoadGets of these, for loads; 1 to {@code maxGets}
 * @param runBytes most bytes of one request; at least a chunk
 * @param readAheadBytes most bytes fetched before they are asked for; 0: none
 * @param bufferBytes memory for bytes on their way; at least a run
 * @param timeout how long a reader waits for bytes
 */
public record FillSettings(
        int maxGets,
        int maxLoadGets,
        long runBytes,
        long readAheadBytes,
        long bufferBytes,
        Duration timeout) {

    public static final FillSettings DEFAULT =
            new FillSettings(32, 16, 8L << 20, 32L << 20, 64L << 20, Duration.ofSeconds(60));

    public FillSettings {
        if (maxGets < 1 || maxLoadGets < 1 || maxLoadGets > maxGets) {
            throw new IllegalArgumentException(
                    maxLoadGets + " load requests of " + maxGets + ": 1 to all of them");
        }
        if (runBytes < BlockLayout.CHUNK_BYTES || bufferBytes < runBytes || readAheadBytes < 0) {
            throw new IllegalArgumentException(
                    "run of " + runBytes + " bytes with buffers of " + bufferBytes);
        }
    }

    int runChunks() {
        return Math.toIntExact(runBytes / BlockLayout.CHUNK_BYTES);
    }
}
