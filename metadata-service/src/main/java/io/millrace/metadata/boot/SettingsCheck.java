package io.millrace.metadata.boot;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.Ring;
import java.time.Duration;

/** The bounds of the settings. */
final class SettingsCheck {

    private static final Duration WEEK = Duration.ofDays(7);

    private SettingsCheck() {}

    /** Throws, naming the property, where a setting is out of its bounds. */
    static void check(MetadataSettings settings) {
        between("slots", settings.slots(), 1, Ring.MAX_SLOTS);
        between("worker-lease", settings.workerLease(), Duration.ofMillis(100), WEEK);
        between("max-age", settings.maxAge(), Duration.ofMillis(1), WEEK);
        between("stale-valid", settings.staleValid(), Duration.ofMillis(1), WEEK);
        between("walk-time", settings.walkTime(), Duration.ofMillis(1), Duration.ofMinutes(5));
        between("usage-time", settings.usageTime(), Duration.ofMillis(1), Duration.ofHours(1));
        between("mounts.most", settings.mounts().most(), 1, 100_000);
        between(
                "mounts.try-out-time",
                settings.mounts().tryOutTime(),
                Duration.ofMillis(100),
                Duration.ofMinutes(5));
        between("policies.most", settings.policies().most(), 1, 50_000);
        MetadataSettings.Listing listing = settings.listing();
        between("listing.concurrent", listing.concurrent(), 1, 10_000);
        between("listing.attribute-reads", listing.attributeReads(), 1, 1_000);
        between("listing.longest", listing.longest(), Duration.ofMillis(1), WEEK);
        between("listing.stall", listing.stall(), Duration.ofMillis(1), WEEK);
        between("listing.failure-pause", listing.failurePause(), Duration.ofMillis(1), WEEK);
        between("listing.call-time", listing.callTime(), Duration.ofMillis(100), WEEK);
        MetadataSettings.Events events = settings.events();
        between("events.concurrent", events.concurrent(), 1, 1_000);
        between("events.batch", events.batch(), 1, 10_000);
        between(
                "events.longest-wait",
                events.longestWait(),
                Duration.ofSeconds(3),
                Duration.ofHours(1));
        between("watch.most", settings.watch().most(), 1, 1_000_000);
        between(
                "watch.poll",
                settings.watch().poll(),
                Duration.ofMillis(5),
                Duration.ofSeconds(10));
        between(
                "watch.heartbeat",
                settings.watch().heartbeat(),
                Duration.ofMillis(10),
                Duration.ofSeconds(5));
        between("watch.kept", settings.watch().kept(), 1, 10_000_000);
        between("change-log.retention", settings.changeLog().retention(), Duration.ZERO, WEEK);
        between("change-log.most", settings.changeLog().most(), 1_000, 1_000_000_000L);
    }

    private static void between(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw outside(name, value, least, most);
        }
    }

    private static void between(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw outside(name, value, least, most);
        }
    }

    private static MillraceException outside(String name, Object value, Object least, Object most) {
        return new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "millrace.metadata." + name + " is " + value + ": " + least + " to " + most);
    }
}
