package io.millrace.block.boot;

import io.millrace.block.batch.BatchConsumer;
import io.millrace.block.batch.BatchRunner;
import io.millrace.block.batch.BatchSettings;
import io.millrace.block.cluster.ClusterMember;
import io.millrace.block.cluster.ClusterView;
import io.millrace.block.dataport.DataPortServer;
import io.millrace.block.fill.Filler;
import io.millrace.block.fill.Prefetches;
import io.millrace.block.mounts.MountTable;
import io.millrace.block.peers.Peers;
import io.millrace.cache.CacheStore;
import io.millrace.cache.CacheUsage;
import io.millrace.model.ByteCount;
import io.millrace.understore.BucketLimits;
import io.millrace.understore.UnderStores;
import io.vertx.core.Vertx;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A worker's parts, started in order and stopped within about 8 s. */
final class Worker {

    private static final Logger LOG = System.getLogger(Worker.class.getName());
    private static final int MOST_EVENT_LOOPS = 8;
    private static final Duration ANSWERS_GRACE = Duration.ofMillis(1_500);

    private final WorkerSettings settings;
    private final CacheStore cache;
    private final ClusterView view;
    private final DataPortServer dataPort;
    private final ClusterMember member;
    private final MountTable mounts;
    private final Peers peers;
    private final Prefetches prefetches;
    private final @Nullable BatchConsumer batches;

    /**
     * Starts everything; what was started is stopped again when a part fails.
     *
     * @param kafka bootstrap servers; empty: no jobs
     * @throws io.millrace.model.MillraceException one sentence
     */
    Worker(
            WorkerSettings settings,
            CacheStore cache,
            Vertx vertx,
            BlockMetrics metrics,
            int controlPort,
            Optional<String> kafka) {
        this.settings = settings;
        this.cache = cache;
        this.view = new ClusterView(cache.workerId(settings.id()), System::nanoTime);
        this.member =
                new ClusterMember(
                        settings.member(), view, () -> describe(dataPortNumber(), controlPort));
        BucketLimits limits = new BucketLimits(settings.fill().maxGets(), System::nanoTime);
        this.mounts = new MountTable(UnderStores::open, limits, member::listMounts);
        this.peers = new Peers(view, settings.peers(), metrics, System::nanoTime);
        Filler filler = new Filler(cache, mounts, peers, settings.fill(), metrics);
        this.prefetches =
                new Prefetches(filler, settings.prefetchFiles(), settings.fill().maxLoadGets());
        try {
            this.dataPort =
                    DataPortServer.start(
                            vertx,
                            Math.min(MOST_EVENT_LOOPS, Runtime.getRuntime().availableProcessors()),
                            filler,
                            prefetches,
                            settings.dataPort(),
                            metrics);
        } catch (RuntimeException e) {
            member.close();
            peers.close();
            throw e;
        }
        metrics.watch(cache, filler, prefetches, dataPort);
        metrics.watch(limits);
        this.batches = kafka.map(servers -> startBatches(servers, filler, metrics)).orElse(null);
        member.start(mounts);
        LOG.log(
                Level.INFO,
                "worker id={0} data={1}:{2} control={3} cache={4} capacity={5} eviction={6}",
                view.self(),
                settings.host(),
                Integer.toString(dataPort.port()),
                Integer.toString(controlPort),
                cache.paths(),
                new ByteCount(settings.cache().capacityBytes()),
                settings.cache().eviction().settingName());
    }

    private int dataPortNumber() {
        return dataPort.port();
    }

    private BatchConsumer startBatches(String servers, Filler filler, BlockMetrics metrics) {
        BatchRunner runner =
                new BatchRunner(
                        filler, cache, mounts, view, Clock.systemUTC(), settings.batchItems());
        BatchConsumer consumer =
                new BatchConsumer(
                        new BatchSettings(
                                servers,
                                settings.batchItems(),
                                settings.batches(),
                                settings.batchRetryPause()),
                        view,
                        runner,
                        metrics);
        consumer.start();
        return consumer;
    }

    private io.millrace.contracts.v1.Worker describe(int dataPort, int controlPort) {
        CacheUsage usage = cache.usage();
        return io.millrace.contracts.v1.Worker.newBuilder()
                .setId(view.self().value())
                .setHost(settings.host())
                .setDataPort(dataPort)
                .setControlPort(controlPort)
                .setHostId(HostId.current())
                .addAllCacheDirectories(cache.paths().stream().map(Path::toString).toList())
                .setCapacityBytes(usage.capacityBytes())
                .setUsedBytes(usage.usedBytes())
                .setCachedFiles(usage.files())
                .setWeight(settings.weight())
                .build();
    }

    String id() {
        return view.self().value();
    }

    int dataPort() {
        return dataPort.port();
    }

    boolean hasRegistered() {
        return member.hasRegistered();
    }

    long leaseAgeMillis() {
        return member.leaseAgeMillis();
    }

    boolean isTakingBatches() {
        return batches != null && batches.isConnected();
    }

    CacheUsage usage() {
        return cache.usage();
    }

    void stop() {
        prefetches.stop();
        Thread leaving = Thread.ofVirtual().start(member::close);
        if (batches != null) {
            batches.close();
        }
        try {
            leaving.join(settings.member().callTimeout().multipliedBy(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        dataPort.stop(ANSWERS_GRACE);
        peers.close();
        mounts.close();
        cache.close();
        LOG.log(Level.INFO, "worker id={0} stopped", view.self());
    }
}
