package io.millrace.job.boot;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.job.engine.EngineCounts;
import java.util.function.ToDoubleFunction;

/** The metrics of the job-service; docs/metrics.md lists them. */
final class JobMetrics {

    private JobMetrics() {}

    static void register(MeterRegistry registry, EngineCounts counts) {
        counter(registry, counts, "submitted", "jobs", EngineCounts::submitted);
        counter(registry, counts, "planning.steps", "steps", EngineCounts::planningSteps);
        counter(registry, counts, "batches.sent", "batches", EngineCounts::sent);
        counter(registry, counts, "results.applied", "results", EngineCounts::applied);
        counter(registry, counts, "batches.late", "batches", EngineCounts::late);
        counter(registry, counts, "overdue", "jobs", EngineCounts::overdue);
        counter(registry, counts, "pruned", "jobs", EngineCounts::pruned);
        counter(registry, counts, "pins.checked", "paths", EngineCounts::pinsChecked);
        counter(registry, counts, "pins.loads", "jobs", EngineCounts::pinLoads);
        Gauge.builder("millrace.jobs.open", counts, EngineCounts::openJobs)
                .description("Jobs that have not ended, in the database")
                .register(registry);
        Gauge.builder("millrace.jobs.batches.open", counts, EngineCounts::openBatches)
                .description("Batches without a result, in the database")
                .register(registry);
    }

    private static void counter(
            MeterRegistry registry,
            EngineCounts counts,
            String name,
            String unit,
            ToDoubleFunction<EngineCounts> value) {
        FunctionCounter.builder("millrace.jobs." + name, counts, value)
                .description("docs/metrics.md, in " + unit)
                .register(registry);
    }
}
