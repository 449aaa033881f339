package io.millrace.block.boot;

import io.millrace.block.cluster.MemberSettings;
import io.millrace.block.dataport.DataPortSettings;
import io.millrace.block.fill.FillSettings;
import io.millrace.block.peers.PeerSettings;
import io.millrace.block.residency.ResidencySettings;
import io.millrace.cache.CacheDirectorySettings;
import io.millrace.cache.CacheSettings;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The settings, checked.
 *
 * @param weight share of the ring
 * @param prefetchFiles that wait to be fetched before they are read; 0: none are
 * @param host where others reach the worker
 */
record WorkerSettings(
        Optional<WorkerId> id,
        CacheSettings cache,
        long weight,
        String host,
        DataPortSettings dataPort,
        MemberSettings member,
        FillSettings fill,
        PeerSettings peers,
        int prefetchFiles,
        int batchItems,
        int batches,
        Duration batchRetryPause,
        ResidencySettings residency,
        Duration ttlCheck) {

    private static final String PREFIX = "millrace.worker.";
    private static final int MOST_DIRECTORIES = 16;

    /**
     * @throws MillraceException INVALID_ARGUMENT: one sentence that names the setting
     */
    static WorkerSettings of(WorkerConfig config) {
        CacheSettings cache = cache(config);
        long run = bytes("fill.run", config.fill().run(), BlockLayout.CHUNK_BYTES);
        long buffers = bytes("fill.buffers", config.fill().buffers(), 2 * run);
        int maxGets = between("fill.max-gets", config.fill().maxGets(), 1, 1_000);
        return new WorkerSettings(
                config.id().map(WorkerSettings::workerId),
                cache,
                weight(config, cache),
                config.host(),
                new DataPortSettings(
                        config.listen().orElse(config.host()),
                        between("data-port", config.dataPort(), 0, 65_535),
                        between("max-in-flight", config.maxInFlight(), 1, 100_000),
                        between("max-connections", config.maxConnections(), 1, 100_000),
                        bytes("send-window", config.sendWindow(), BlockLayout.CHUNK_BYTES),
                        between("idle-timeout", config.idleTimeout(), 1_000, 3_600_000)),
                new MemberSettings(
                        address("metadata-service", config.metadataService()),
                        between("lease-renewal", config.leaseRenewal(), 50, 60_000),
                        between("call-timeout", config.callTimeout(), 100, 60_000),
                        between("watch-silence", config.watchSilence(), 1_000, 600_000)),
                new FillSettings(
                        maxGets,
                        between("fill.max-load-gets", config.fill().maxLoadGets(), 1, maxGets),
                        run,
                        bytes("fill.read-ahead", config.fill().readAhead(), 0),
                        buffers,
                        between("fill.timeout", config.fill().timeout(), 1_000, 3_600_000)),
                new PeerSettings(
                        between("peers.connections", config.peers().connections(), 1, 1_000),
                        between("peers.timeout", config.peers().timeout(), 100, 600_000),
                        between("peers.suspect-time", config.peers().suspectTime(), 0, 600_000),
                        between("peers.handover", config.peers().handover(), 0, 86_400_000)),
                between("fill.prefetch-files", config.fill().prefetchFiles(), 0, 1_000_000),
                between("batches.items", config.batches().items(), 1, 1_000),
                between("batches.concurrent", config.batches().concurrent(), 1, 64),
                between("batches.retry-pause", config.batches().retryPause(), 10, 60_000),
                new ResidencySettings(
                        between("residency.every", config.residency().every(), 100, 3_600_000),
                        between("residency.files", config.residency().files(), 0, 100_000_000),
                        between(
                                "residency.directories",
                                config.residency().directories(),
                                1,
                                10_000)),
                between("ttl-check", config.ttlCheck(), 100, 3_600_000));
    }

    private static CacheSettings cache(WorkerConfig config) {
        List<Path> directories = config.cacheDirectories();
        List<String> capacities = config.capacity();
        if (directories.isEmpty()
                || directories.size() > MOST_DIRECTORIES
                || directories.stream()
                                .map(Path::toAbsolutePath)
                                .map(Path::normalize)
                                .distinct()
                                .count()
                        < directories.size()) {
            throw invalid(
                    "cache-directories",
                    directories.toString(),
                    "1 to " + MOST_DIRECTORIES + " directories, each another one");
        }
        if (capacities.size() != 1 && capacities.size() != directories.size()) {
            throw invalid(
                    "capacity",
                    String.join(",", capacities),
                    "one byte count for every directory, or as many as "
                            + PREFIX
                            + "cache-directories has: "
                            + directories.size());
        }
        ByteCount reserve =
                new ByteCount(bytes("free-space-reserve", config.freeSpaceReserve(), 0));
        List<CacheDirectorySettings> settings = new ArrayList<>();
        for (int i = 0; i < directories.size(); i++) {
            String capacity = capacities.get(capacities.size() == 1 ? 0 : i);
            settings.add(
                    new CacheDirectorySettings(
                            directories.get(i),
                            new ByteCount(bytes("capacity", capacity, BlockLayout.CHUNK_BYTES)),
                            reserve));
        }
        EvictionKind eviction =
                EvictionKind.named(config.eviction())
                        .orElseThrow(() ->
                                invalid(
                                        "eviction",
                                        config.eviction(),
                                        "one of " + EvictionKind.names()));
        return new CacheSettings(
                settings,
                config.sync(),
                between("open-files", config.openFiles(), 0, 1_000_000),
                eviction,
                new ByteCount(bytes("scrub-rate", config.scrubRate(), 0)));
    }

    private static long weight(WorkerConfig config, CacheSettings cache) {
        long weight = config.weight().orElse(cache.capacityBytes());
        if (weight < 0) {
            throw invalid("weight", Long.toString(weight), "0 or more");
        }
        return weight;
    }

    private static WorkerId workerId(String id) {
        try {
            return new WorkerId(id);
        } catch (IllegalArgumentException e) {
            throw invalid("id", id, "1 to 63 of a-z, 0-9 and -");
        }
    }

    private static String address(String name, String value) {
        int colon = value.lastIndexOf(':');
        try {
            int port = Integer.parseInt(value.substring(colon + 1));
            if (colon > 0 && port > 0 && port <= 65_535) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw invalid(name, value, "host:port");
    }

    private static long bytes(String name, String value, long least) {
        try {
            long bytes = ByteCount.parse(value).bytes();
            if (bytes >= least) {
                return bytes;
            }
        } catch (MillraceException e) {
            throw invalid(name, value, "a byte count as 64MiB or 1.5GB");
        }
        throw invalid(name, value, "at least " + new ByteCount(least));
    }

    private static int between(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw invalid(name, Integer.toString(value), least + " to " + most);
        }
        return value;
    }

    private static Duration between(String name, Duration value, long least, long most) {
        if (value.toMillis() < least || value.toMillis() > most) {
            throw invalid(
                    name,
                    value.toMillis() + " ms",
                    Duration.ofMillis(least) + " to " + Duration.ofMillis(most));
        }
        return value;
    }

    private static MillraceException invalid(String name, String value, String must) {
        return new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                PREFIX + name + " is '" + value + "': it must be " + must);
    }
}
