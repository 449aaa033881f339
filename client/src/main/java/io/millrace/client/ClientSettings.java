package io.millrace.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a client may use and how long it waits.
 *
 * @param metadataHost where metadata-service answers gRPC
 * @param metadataPort 1 to 65,535
 * @param subscriber who watches, for the service's log
 * @param metadataTimeout of one call; an unknown path waits as long while the service is away
 * @param readTimeout of one read, with all retries at all workers
 * @param attemptTimeout how long one worker may send nothing
 * @param suspectTime how long a worker that failed is asked last
 * @param connectionsPerWorker requests that readers wait for in flight at one worker, 1 to 1,024;
 *     those nobody waits for are half as many more
 * @param cachedNames names kept with what they lead to, 1,000 or more
 * @param readAheadBytes memory for read-ahead of all open files together; below 1 MiB: none
 * @param scanAheadBytes most bytes of small files, of all directories together, that workers are
 *     asked to fetch before they are opened; 0: none
 * @param outage how long what was known may be believed while metadata-service is away
 * @param hostId the host this runs on, as workers register it; null: the one of this kernel
 */
public record ClientSettings(
        String metadataHost,
        int metadataPort,
        String subscriber,
        Duration metadataTimeout,
        Duration readTimeout,
        Duration attemptTimeout,
        Duration suspectTime,
        int connectionsPerWorker,
        int cachedNames,
        long readAheadBytes,
        long scanAheadBytes,
        Duration outage,
        @Nullable String hostId) {

    /** Defaults for all but where metadata-service is. */
    public static ClientSettings of(String metadataHost, int metadataPort, String subscriber) {
        return new ClientSettings(
                metadataHost,
                metadataPort,
                subscriber,
                Duration.ofSeconds(20),
                Duration.ofSeconds(40),
                Duration.ofSeconds(15),
                Duration.ofSeconds(3),
                64,
                200_000,
                128L << 20,
                1L << 30,
                Duration.ofHours(24),
                null);
    }

    /** As a client on the host {@code id}. */
    public ClientSettings withHostId(String id) {
        return new ClientSettings(
                metadataHost,
                metadataPort,
                subscriber,
                metadataTimeout,
                readTimeout,
                attemptTimeout,
                suspectTime,
                connectionsPerWorker,
                cachedNames,
                readAheadBytes,
                scanAheadBytes,
                outage,
                id);
    }

    /** With another time after which a worker that sends nothing is given up. */
    public ClientSettings withAttemptTimeout(Duration timeout) {
        return new ClientSettings(
                metadataHost,
                metadataPort,
                subscriber,
                metadataTimeout,
                readTimeout,
                timeout,
                suspectTime,
                connectionsPerWorker,
                cachedNames,
                readAheadBytes,
                scanAheadBytes,
                outage,
                hostId);
    }
}
