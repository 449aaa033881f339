package io.millrace.metadata.namespace;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** The numbers of the namespace; docs/metrics.md says what they mean. */
final class NamespaceMetrics {

    private final Timer listed;
    private final Counter failed;
    private final Counter stale;
    private final Counter attributeReads;

    NamespaceMetrics(MeterRegistry registry) {
        listed = registry.timer("millrace.metadata.listing");
        failed = registry.counter("millrace.metadata.listing.failed");
        stale = registry.counter("millrace.metadata.answers.stale");
        attributeReads = registry.counter("millrace.metadata.attributes.read");
    }

    void listing(boolean complete, boolean broken, long beganNanos) {
        if (complete) {
            listed.record(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
        }
        if (broken) {
            failed.increment();
        }
    }

    void staleAnswer() {
        stale.increment();
    }

    void attributeRead() {
        attributeReads.increment();
    }
}
