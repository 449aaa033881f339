package io.millrace.client;

import java.util.concurrent.atomic.LongAdder;

/** What a client has done since its start, by where it went for it. */
public final class ClientCounters {

    final LongAdder metadataCalls = new LongAdder();
    final LongAdder localReads = new LongAdder();
    final LongAdder localBytes = new LongAdder();
    final LongAdder workerReads = new LongAdder();
    final LongAdder workerBytes = new LongAdder();
    final LongAdder workerMisses = new LongAdder();
    final LongAdder scanAskedFiles = new LongAdder();
    final LongAdder scanMetFiles = new LongAdder();
    final LongAdder workerFailures = new LongAdder();
    final LongAdder underStoreReads = new LongAdder();
    final LongAdder underStoreBytes = new LongAdder();

    ClientCounters() {}

    /**
     * All counters at one moment.
     *
     * @param metadataCalls requests to metadata-service but the watch
     * @param localReads served from a cache directory on this host
     * @param workerReads range requests to data ports
     * @param workerMisses of these, for which the worker had to fetch bytes
     * @param scanAskedFiles that workers were asked to fetch before they were opened
     * @param scanMetFiles of these, opened later
     * @param workerFailures of these, without a complete answer
     * @param underStoreReads made directly, because no worker answered
     */
    public record Snapshot(
            long metadataCalls,
            long localReads,
            long localBytes,
            long workerReads,
            long workerBytes,
            long workerMisses,
            long scanAskedFiles,
            long scanMetFiles,
            long workerFailures,
            long underStoreReads,
            long underStoreBytes) {}

    public Snapshot snapshot() {
        return new Snapshot(
                metadataCalls.sum(),
                localReads.sum(),
                localBytes.sum(),
                workerReads.sum(),
                workerBytes.sum(),
                workerMisses.sum(),
                scanAskedFiles.sum(),
                scanMetFiles.sum(),
                workerFailures.sum(),
                underStoreReads.sum(),
                underStoreBytes.sum());
    }
}
