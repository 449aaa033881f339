package io.millrace.metadata.workers;

import io.millrace.model.WorkerId;
import java.util.List;

/**
 * A worker as it is known.
 *
 * @param address where its ports are
 * @param hostId equal for all processes of one running host
 * @param cacheDirectories absolute
 * @param weight its share of the ring as it registered; 0 owns nothing
 */
public record WorkerRecord(
        WorkerId id,
        Address address,
        String hostId,
        List<String> cacheDirectories,
        Load load,
        long weight,
        State state,
        long registeredMillis,
        long renewedMillis) {

    public WorkerRecord {
        cacheDirectories = List.copyOf(cacheDirectories);
    }

    /** Ports are 1 to 65,535. */
    public record Address(String host, int dataPort, int controlPort) {}

    /**
     * What it holds and does; 0 or more each.
     *
     * @param inFlight data port requests being served
     */
    public record Load(long capacityBytes, long usedBytes, long cachedFiles, int inFlight) {}

    public enum State {
        LIVE,
        DRAINING,
        /** Its lease has run out: it is not in the ring. */
        LOST
    }
}
