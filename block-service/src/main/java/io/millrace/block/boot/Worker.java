package io.millrace.block.boot;

import io.millrace.block.batch.BatchConsumer;
import io.millrace.block.batch.BatchRunner;
import io.millrace.block.batch.BatchSettings;
import io.millrace.block.batch.JobGates;
import io.millrace.block.cluster.ClusterMember;
import io.millrace.block.cluster.ClusterView;
import io.millrace.block.dataport.DataPortServer;
import io.millrace.block.fill.Filler;
import io.millrace.block.fill.Prefetches;
import io.millrace.block.known.KnownFiles;
import io.millrace.block.known.KnownFilesFile;
import io.millrace.block.mounts.MountTable;
import io.millrace.block.peers.Peers;
import io.millrace.block.policies.FileClasses;
import io.millrace.block.policies.Quotas;
import io.millrace.block.policies.TtlSweep;
import io.millrace.block.policies.WorkerPolicies;
import io.millrace.block.residency.ResidencyReporter;
import io.millrace.block.residency.ResidencyTopic;
import io.millrace.cache.CacheStore;
import io.millrace.cache.CacheUsage;
import io.millrace.model.ByteCount;
import io.millrace.understore.BucketLimits;
import io.millrace.understore.UnderStores;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A worker's parts, started in order and stopped within about 8 s. */
final class Worker {

    private static final Logger LOG = System.getLogger(Worker.class.getName());
    private static final int MOST_EVENT_LOOPS = 8;
    private static final int TTL_FILES_AT_ONCE = 10_000;
    private static final Duration TELL_CLASSES = Duration.ofSeconds(1);
    private static final Duration SAVE_KNOWN = Duration.ofMinutes(5);

    /** In the first cache directory. */
    private static final String KNOWN_FILES = "known-files";

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
    private final WorkerPolicies policies = new WorkerPolicies();
    private final KnownFiles known;
    private final KnownFilesFile knownFile;
    private final FileClasses classes;
    private final Quotas quotas;
    private final List<Loop> loops = new ArrayList<>();
    private @Nullable ResidencyTopic residencyTopic;

    /**
     * Starts everything; what was started is stopped again when a part fails.
     *
     * @param kafka bootstrap servers; empty: no jobs
     * @param gates told how jobs are to be done
     * @throws io.millrace.model.MillraceException one sentence
     */
    Worker(
            WorkerSettings settings,
            CacheStore cache,
            Vertx vertx,
            BlockMetrics metrics,
            int controlPort,
            Optional<String> kafka,
            JobGates gates) {
        this.settings = settings;
        this.cache = cache;
        this.view = new ClusterView(cache.workerId(settings.id()), System::nanoTime);
        this.member =
                new ClusterMember(
                        settings.member(), view, () -> describe(dataPortNumber(), controlPort));
        BucketLimits limits = new BucketLimits(settings.fill().maxGets(), System::nanoTime);
        this.mounts = new MountTable(UnderStores::open, limits, member::listMounts);
        this.peers = new Peers(view, settings.peers(), metrics, System::nanoTime);
        this.known = new KnownFiles(settings.residency().files(), Clock.systemUTC());
        this.knownFile = new KnownFilesFile(cache.paths().getFirst().resolve(KNOWN_FILES));
        knownFile.restore(known);
        this.classes =
                new FileClasses(policies, known, cache::classify, () -> cache.usage().recovered());
        this.quotas = new Quotas(policies, view, known, cache::residentBytes, cache::drop);
        Filler filler =
                new Filler(cache, mounts, peers, classes::of, quotas, settings.fill(), metrics);
        filler.observe(known);
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
        this.batches =
                kafka.map(servers -> startBatches(servers, filler, metrics, gates)).orElse(null);
        startBackground(kafka, metrics);
        member.start(mounts, policies);
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

    private BatchConsumer startBatches(
            String servers, Filler filler, BlockMetrics metrics, JobGates gates) {
        BatchRunner runner =
                new BatchRunner(
                        filler,
                        cache,
                        mounts,
                        view,
                        Clock.systemUTC(),
                        settings.batchItems(),
                        gates);
        BatchConsumer consumer =
                new BatchConsumer(
                        new BatchSettings(
                                servers,
                                settings.batchItems(),
                                settings.batches(),
                                settings.batchRetryPause()),
                        view,
                        runner,
                        metrics,
                        Clock.systemUTC());
        consumer.start();
        return consumer;
    }

    private void startBackground(Optional<String> kafka, BlockMetrics metrics) {
        TtlSweep ttl =
                new TtlSweep(known, policies, cache::drop, Clock.systemUTC(), TTL_FILES_AT_ONCE);
        metrics.watch(known, ttl, quotas);
        loops.add(Loop.start("classes", TELL_CLASSES, classes::step));
        loops.add(Loop.start("quotas", settings.ttlCheck(), quotas::step));
        loops.add(Loop.start("ttl", settings.ttlCheck(), ttl::step));
        loops.add(Loop.start("known-files", SAVE_KNOWN, this::saveKnown));
        kafka.map(ResidencyTopic::new)
                .ifPresent(topic -> {
                    residencyTopic = topic;
                    ResidencyReporter reporter =
                            new ResidencyReporter(
                                    view.self(),
                                    new ResidencyReporter.Cache(cache::residentBytes, this::totals),
                                    topic,
                                    Clock.systemUTC(),
                                    known,
                                    settings.residency().directories());
                    loops.add(
                            Loop.start(
                                    "residency",
                                    settings.residency().every(),
                                    () -> {
                                        reporter.step();
                                        return false;
                                    }));
                });
    }

    private boolean saveKnown() {
        known.prune(cache::residentBytes);
        try {
            knownFile.save(known);
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void stopBackground() {
        loops.forEach(Loop::close);
        if (residencyTopic != null) {
            residencyTopic.close();
        }
        try {
            knownFile.save(known);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "known-files not saved: {0}", e.getMessage());
        }
    }

    private ResidencyReporter.Totals totals() {
        CacheUsage usage = cache.usage();
        return new ResidencyReporter.Totals(usage.files(), usage.usedBytes());
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
                .setInFlight(this.dataPort.inFlight())
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
        stopBackground();
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
