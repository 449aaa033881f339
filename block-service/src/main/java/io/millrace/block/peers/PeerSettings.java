package io.millrace.block.peers;

import java.time.Duration;

/**
 * Limits of reads from other workers.
 *
 * @param connections most requests at one other worker at once; 1 or more
 * @param timeout of one request for a chunk; after it the under store is asked
 * @param suspectTime for how long a worker that failed is not asked
 * @param handover how long after it has come into the ring a worker asks who had its blocks before
 *     for them; 0: never
 */
public record PeerSettings(
        int connections, Duration timeout, Duration suspectTime, Duration handover) {

    public static final PeerSettings DEFAULT =
            new PeerSettings(
                    32, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMinutes(10));
}
