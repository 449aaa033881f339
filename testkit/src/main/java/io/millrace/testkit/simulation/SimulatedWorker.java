package io.millrace.testkit.simulation;

import io.millrace.block.cluster.ClusterView;
import io.millrace.block.fill.Admission;
import io.millrace.block.fill.FillMeter;
import io.millrace.block.fill.FillSettings;
import io.millrace.block.fill.Filler;
import io.millrace.block.fill.Prefetches;
import io.millrace.block.mounts.MountTable;
import io.millrace.block.peers.PeerMeter;
import io.millrace.block.peers.PeerSettings;
import io.millrace.block.peers.Peers;
import io.millrace.cache.CacheDirectorySettings;
import io.millrace.cache.CacheSettings;
import io.millrace.cache.CacheStore;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.model.ByteCount;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.PathPolicy;
import io.millrace.model.WorkerId;
import io.millrace.understore.BucketLimits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One life of a worker: the real cache, filler, peers and mount table in simulated surroundings.
 */
final class SimulatedWorker {

    private static final long BLOCK_BYTES = 2L << 20;
    private static final Mount MOUNT =
            Mount.newBuilder()
                    .setId(SimulatedObject.MOUNT)
                    .setPath("/data")
                    .setUri("s3://bucket/")
                    .setOptions(MountOptions.newBuilder().setBlockBytes(BLOCK_BYTES))
                    .build();

    private final String name;
    private final SimulatedProcess process;
    private final SimulatedDisk disk;
    private final CacheSettings promised;
    private final CacheStore cache;
    private final FillSettings settings;
    private final MountTable mounts;
    private final Peers peers;
    private final ClusterView view;
    private final Filler filler;
    private final Prefetches prefetches;
    private final Map<FileVersion, Long> pinned = new LinkedHashMap<>();

    /** What it is made in. */
    record Surroundings(
            SimulatedThreads threads,
            SimulatedStore store,
            SimulatedNetwork network,
            Defect defect) {}

    SimulatedWorker(
            String name,
            SimulatedProcess process,
            SimulatedDisk disk,
            CacheSettings promised,
            FillSettings settings,
            Surroundings in) {
        this.name = name;
        this.process = process;
        this.disk = disk;
        this.settings = settings;
        SimulatedThreads threads = in.threads();
        this.promised = promised;
        CacheSettings taken =
                in.defect() == Defect.CAPACITY_IS_IGNORED ? fourTimes(promised) : promised;
        cache = CacheStore.open(taken, disk.surroundings(process));
        view = new ClusterView(new WorkerId(name), threads::now);
        peers =
                new Peers(
                        view,
                        PeerSettings.DEFAULT,
                        PeerMeter.NONE,
                        threads::now,
                        in.network().readsOf(process, name));
        mounts =
                new MountTable(
                        (wanted, attempts) -> in.store().seenBy(process, attempts),
                        new BucketLimits(settings.maxGets(), threads::now),
                        () -> List.of(MOUNT));
        filler =
                new Filler(
                        cache,
                        mounts,
                        peers,
                        SimulatedWorker::classOf,
                        Admission.ALL,
                        settings,
                        new Pausing(threads, process),
                        (kind, task) -> threads.start(process, kind, task));
        prefetches = new Prefetches(filler, 8, 1);
    }

    /** As files whose path says nothing. */
    private static CacheClass classOf(FileSource file) {
        return new CacheClass(
                null,
                CacheClass.groupOf(file.mountId(), file.key()),
                PathPolicy.DEFAULT_PRIORITY,
                CacheClass.Protection.EVICTABLE);
    }

    private static CacheSettings fourTimes(CacheSettings settings) {
        return new CacheSettings(
                settings.directories().stream()
                        .map(each ->
                                new CacheDirectorySettings(
                                        each.directory(),
                                        new ByteCount(4 * each.capacity().bytes()),
                                        each.freeSpaceReserve()))
                        .toList(),
                settings.sync(),
                settings.openFiles(),
                settings.eviction(),
                settings.scrubRate());
    }

    /** Others may go first wherever the filler tells what it did. */
    private record Pausing(SimulatedThreads threads, SimulatedProcess process)
            implements FillMeter {

        @Override
        public void hit(long bytes) {
            threads.pause(process);
        }

        @Override
        public void miss(long bytes) {
            threads.pause(process);
        }

        @Override
        public void fetched(long bytes) {
            threads.pause(process);
        }

        @Override
        public void request() {
            threads.pause(process);
        }

        @Override
        public void uncached(long bytes) {
            threads.pause(process);
        }

        @Override
        public void failed() {
            threads.pause(process);
        }
    }

    String name() {
        return name;
    }

    SimulatedProcess process() {
        return process;
    }

    SimulatedDisk disk() {
        return disk;
    }

    /** Most bytes that its directory {@code number} may hold. */
    long capacityBytes(int number) {
        return promised.directories().get(number).capacity().bytes();
    }

    CacheStore cache() {
        return cache;
    }

    FillSettings settings() {
        return settings;
    }

    ClusterView view() {
        return view;
    }

    Filler filler() {
        return filler;
    }

    Prefetches prefetches() {
        return prefetches;
    }

    /** What was pinned, and is to stay: its length by its version. */
    Map<FileVersion, Long> pinned() {
        return pinned;
    }

    /** Ends as a process that is told to: on a thread of its own, once nothing is under way. */
    void stop(SimulatedThreads threads) {
        prefetches.stop();
        while (process.unfinished() > 1) {
            threads.sleep(process, 10_000_000L);
        }
        peers.close();
        mounts.close();
        cache.close();
    }
}
