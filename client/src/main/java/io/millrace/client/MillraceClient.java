package io.millrace.client;

import io.millrace.contracts.v1.Worker;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * Reads the namespace and its files: what an agent, a tool or a test uses. Needs metadata-service
 * for what it does not know yet, and workers (or their cache directories on this host) for bytes.
 *
 * <p>Safe for many threads. Calls block, and are made on virtual threads or few platform threads.
 */
public final class MillraceClient implements AutoCloseable {

    private final ClientCounters counters = new ClientCounters();
    private final MetadataClient metadata;
    private final Namespace namespace;
    private final Cluster cluster;
    private final Whereabouts whereabouts;
    private final Watch watch;
    private final DataPortClient dataPorts;
    private final RemoteReads remote;
    private final UnderStoreReads underStores = new UnderStoreReads();
    private final ReadAhead.Budget budget;
    private final KeptFiles kept = KeptFiles.ofThisProcess();
    private final Scans scans;

    private MillraceClient(ClientSettings settings) {
        this.metadata = new MetadataClient(settings, counters);
        this.namespace = new Namespace(metadata, settings);
        this.cluster = new Cluster(settings.hostId());
        this.whereabouts = new Whereabouts(cluster);
        this.watch = new Watch(metadata, cluster, namespace, settings.subscriber());
        this.dataPorts =
                new DataPortClient(settings.connectionsPerWorker(), settings.attemptTimeout());
        this.remote = new RemoteReads(cluster, dataPorts, underStores, settings, counters);
        this.budget = new ReadAhead.Budget(settings.readAheadBytes());
        this.scans = new Scans(namespace, remote, settings.scanAheadBytes(), counters);
    }

    /**
     * Connects.
     *
     * @param patience how long to wait for metadata-service
     * @throws MillraceException UNAVAILABLE when it does not answer
     */
    public static MillraceClient connect(ClientSettings settings, Duration patience) {
        MillraceClient client = new MillraceClient(settings);
        client.watch.start();
        client.dataPorts.start();
        try {
            if (client.watch.awaitFirst(patience)) {
                return client;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
        throw new MillraceException(
                ErrorCode.UNAVAILABLE,
                "metadata-service at "
                        + settings.metadataHost()
                        + ":"
                        + settings.metadataPort()
                        + " did not answer within "
                        + patience.toSeconds()
                        + " s");
    }

    /** Names, directories, and what changes in them. */
    public Namespace namespace() {
        return namespace;
    }

    /** Opens the bytes of a file. Costs no message. Close the reader. */
    public FileReader open(FileSource source) {
        return open(remote.subject(source, source.fileVersion(), () -> {}));
    }

    /**
     * Opens the bytes of a file of the namespace. Costs no message. Close the reader.
     *
     * @throws MillraceException IS_A_DIRECTORY
     */
    public FileReader open(NamespaceEntry file) {
        FileVersion version = file.version();
        if (version == null) {
            return open(file.file());
        }
        scans.opened(file);
        return open(remote.subject(file.file(), version, () -> scans.missed(file)));
    }

    /**
     * Under which names a complete {@code file} lies in the cache directories of this host, if it
     * does. Costs no message; and no system call once the directories have been found good to read.
     */
    public List<String> localNames(NamespaceEntry file) {
        FileVersion version = file.version();
        scans.opened(file);
        return version == null ? List.of() : cluster.localCache().names(version);
    }

    /**
     * Who owns the blocks of {@code file} by the ring, in their order, at most 64. Costs no
     * message.
     */
    public List<WorkerId> owners(NamespaceEntry file) {
        FileVersion version = file.version();
        return version == null ? List.of() : whereabouts.owners(file.file(), version);
    }

    /**
     * How many bytes of {@code file} lie in cache directories of this host; empty: none is known.
     * Costs no message, but a few system calls.
     */
    public OptionalLong residentBytes(NamespaceEntry file) {
        FileVersion version = file.version();
        return version == null
                ? OptionalLong.empty()
                : whereabouts.residentBytes(file.file(), version);
    }

    /** The cache directories of this host that are known now. */
    public List<Path> localDirectories() {
        return cluster.localDirectories();
    }

    private FileReader open(RemoteReads.Subject subject) {
        return new FileReader(subject, cluster, remote, budget, kept, counters);
    }

    public ClientCounters.Snapshot counters() {
        return counters.snapshot();
    }

    /**
     * The caches of the workers in the ring, together.
     *
     * @param capacityBytes that they may use
     * @param usedBytes that they use, as they last said
     */
    public record CacheSpace(long capacityBytes, long usedBytes) {}

    public CacheSpace cacheSpace() {
        long capacity = 0;
        long used = 0;
        for (Worker worker : cluster.workers()) {
            capacity += worker.getCapacityBytes();
            used += worker.getUsedBytes();
        }
        return new CacheSpace(capacity, used);
    }

    @Override
    public void close() {
        watch.close();
        dataPorts.close();
        underStores.close();
        metadata.close();
    }
}
