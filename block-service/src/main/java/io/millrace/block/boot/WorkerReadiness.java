package io.millrace.block.boot;

import io.millrace.cache.CacheUsage;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready once the worker has been registered: from then on it serves, also while the
 * metadata-service or Kafka is away.
 */
@Readiness
public class WorkerReadiness implements HealthCheck {

    private final WorkerLifecycle lifecycle;

    WorkerReadiness(WorkerLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("worker");
        return lifecycle
                .worker()
                .map(worker -> {
                    CacheUsage usage = worker.usage();
                    return response.withData("id", worker.id())
                            .withData("dataPort", worker.dataPort())
                            .withData("leaseAgeMillis", worker.leaseAgeMillis())
                            .withData("takesBatches", worker.isTakingBatches())
                            .withData("usedBytes", usage.usedBytes())
                            .withData("capacityBytes", usage.capacityBytes())
                            .withData("recovered", usage.recovered())
                            .status(worker.hasRegistered())
                            .build();
                })
                .orElseGet(() -> response.down().build());
    }
}
