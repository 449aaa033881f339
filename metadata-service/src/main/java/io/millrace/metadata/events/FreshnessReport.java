package io.millrace.metadata.events;

import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.function.Predicate;

/** Says how true what is known of a mount is. */
public final class FreshnessReport {

    private final MountTable mounts;
    private final EventWatch watch;
    private final EventMetrics metrics;

    public FreshnessReport(MountTable mounts, EventWatch watch, EventMetrics metrics) {
        this.mounts = mounts;
        this.watch = watch;
        this.metrics = metrics;
    }

    /**
     * A mount at one moment.
     *
     * @param state of the events of all buckets
     * @param standing of the same
     * @param staleness of what this process applied
     */
    public record Freshness(
            Mount mount,
            EventWatch.State state,
            EventStore.Standing standing,
            EventMetrics.Staleness staleness) {}

    /**
     * @param which the mount
     * @throws MillraceException NOT_FOUND
     */
    public Freshness of(Predicate<Mount> which) {
        Mount mount =
                mounts.refresh().stream()
                        .filter(which)
                        .findFirst()
                        .orElseThrow(() ->
                                new MillraceException(
                                        ErrorCode.NOT_FOUND, "there is no such mount"));
        return new Freshness(mount, watch.state(), watch.standing(), metrics.staleness());
    }
}
