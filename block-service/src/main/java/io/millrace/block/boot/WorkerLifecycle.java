package io.millrace.block.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.block.batch.JobGates;
import io.millrace.block.fill.LoadRequests;
import io.millrace.cache.CacheStore;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Holds the one worker of this process. */
@Singleton
public class WorkerLifecycle {

    private final WorkerConfig config;
    private final Vertx vertx;
    private final MeterRegistry registry;
    private final int controlPort;
    private final Optional<String> kafka;
    private final JobGates gates = new JobGates(System::nanoTime);
    private @Nullable CacheStore cache;
    private @Nullable Worker worker;

    WorkerLifecycle(
            WorkerConfig config,
            Vertx vertx,
            MeterRegistry registry,
            @ConfigProperty(name = "quarkus.grpc.server.port") int controlPort,
            @ConfigProperty(name = "kafka.bootstrap.servers") Optional<String> kafka) {
        this.config = config;
        this.vertx = vertx;
        this.registry = registry;
        this.controlPort = controlPort;
        this.kafka = kafka;
    }

    /** Opens the cache directory, once. */
    @Produces
    @Singleton
    synchronized CacheStore cache() {
        CacheStore opened = cache;
        if (opened == null) {
            opened = CacheStore.open(WorkerSettings.of(config).cache());
            cache = opened;
        }
        return opened;
    }

    /** How jobs are to be done. */
    @Produces
    @Singleton
    LoadRequests loadRequests() {
        return new LoadRequests(cache(), WorkerSettings.of(config).fill());
    }

    @Produces
    @Singleton
    JobGates gates() {
        return gates;
    }

    /**
     * @throws io.millrace.model.MillraceException one sentence; nothing stays started
     */
    synchronized void start() {
        WorkerSettings settings = WorkerSettings.of(config);
        CacheStore opened = cache();
        try {
            worker =
                    new Worker(
                            settings,
                            opened,
                            vertx,
                            new BlockMetrics(registry),
                            controlPort,
                            kafka.filter(servers -> !servers.isBlank()),
                            gates);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    synchronized Optional<Worker> worker() {
        return Optional.ofNullable(worker);
    }

    synchronized void stop(@Observes ShutdownEvent event) {
        if (worker != null) {
            worker.stop();
            worker = null;
        }
    }
}
