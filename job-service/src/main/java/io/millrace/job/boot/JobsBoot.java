package io.millrace.job.boot;

import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.job.engine.JobEngine;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/** Makes the engine, starts it when the process is up and stops it before it goes. */
@ApplicationScoped
@NullUnmarked // Beans without arguments are what the container makes its proxies from.
public class JobsBoot {

    @Produces
    @Singleton
    JobEngine engine(
            JobsConfig config,
            @DataSource("jobs") AgroalDataSource source,
            @Identifier("default-kafka-broker") Map<String, Object> kafka) {
        Map<String, Object> properties = new HashMap<>(kafka);
        properties.putIfAbsent("bootstrap.servers", "127.0.0.1:9092");
        return new JobEngine(
                source, CheckedSettings.of(config, properties), InstantSource.system());
    }

    void start(@Observes StartupEvent event, JobEngine engine, MeterRegistry registry) {
        JobMetrics.register(registry, engine.counts());
        engine.start();
    }

    void stop(@Observes ShutdownEvent event, JobEngine engine) {
        engine.close();
    }
}
