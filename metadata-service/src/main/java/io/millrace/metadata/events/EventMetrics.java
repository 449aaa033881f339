package io.millrace.metadata.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The numbers of the buckets' events; docs/metrics.md says what they mean. */
public final class EventMetrics {

    private static final double[] PERCENTILES = {0.5, 0.99};
    private static final Duration WINDOW = Duration.ofMinutes(5);

    private final Timer staleness;
    private final Counter missed;
    private final Counter outside;
    private final Counter ignored;
    private final Counter dead;

    public EventMetrics(MeterRegistry registry) {
        staleness =
                Timer.builder("millrace.metadata.events.staleness")
                        .publishPercentiles(PERCENTILES)
                        .distributionStatisticExpiry(WINDOW)
                        .register(registry);
        missed = registry.counter("millrace.metadata.events.missed");
        outside = registry.counter("millrace.metadata.events.outside");
        ignored = registry.counter("millrace.metadata.events.ignored");
        dead = registry.counter("millrace.metadata.events.dead");
    }

    /**
     * An event was applied.
     *
     * @param age since it happened, by the bucket's clock and ours
     */
    void applied(Duration age) {
        staleness.record(age.isNegative() ? Duration.ZERO : age);
    }

    void missed() {
        missed.increment();
    }

    void outside() {
        outside.increment();
    }

    public void ignored(int count) {
        ignored.increment(count);
    }

    public void dead() {
        dead.increment();
    }

    /**
     * How old events of the last minutes were when they had been applied by this process.
     *
     * @param applied since it started
     */
    public record Staleness(long applied, Duration median, Duration p99) {}

    public Staleness staleness() {
        HistogramSnapshot now = staleness.takeSnapshot();
        Duration median = Duration.ZERO;
        Duration p99 = Duration.ZERO;
        for (ValueAtPercentile value : now.percentileValues()) {
            Duration age = Duration.ofNanos((long) value.value(TimeUnit.NANOSECONDS));
            if (value.percentile() == PERCENTILES[0]) {
                median = age;
            } else {
                p99 = age;
            }
        }
        return new Staleness(now.count(), median, p99);
    }
}
