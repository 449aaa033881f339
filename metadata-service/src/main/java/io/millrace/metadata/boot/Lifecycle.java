package io.millrace.metadata.boot;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeFeed;
import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.changes.ChangePublisher;
import io.millrace.metadata.changes.ChangeSignalStore;
import io.millrace.metadata.events.EventWatch;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.namespace.Namespace;
import io.millrace.metadata.policies.PolicyTable;
import io.millrace.metadata.residency.ResidencyView;
import io.millrace.metadata.visibility.Watchers;
import io.millrace.metadata.workers.WorkerRegistry;
import io.millrace.model.WorkerId;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/** Starts the service and its background loops, and stops them. */
@Singleton
class Lifecycle {

    private static final Logger LOG = Logger.getLogger(Lifecycle.class);
    private static final int REAP = 2_000;
    private static final int PRUNE = 10_000;
    private static final Duration EVENTS_WAIT = Duration.ofSeconds(1);
    private static final Duration LOOKS_KEPT = Duration.ofHours(1);

    /** Longer than a sync takes. */
    private static final Duration DELETIONS_KEPT = Duration.ofDays(7);

    private static final Duration RESIDENCY_WAIT = Duration.ofSeconds(1);

    private final MetadataSettings settings;
    private final MountTable mounts;
    private final PolicyTable policies;
    private final Namespace namespace;
    private final WorkerRegistry workers;
    private final ChangeFeed feed;
    private final ChangeLogStore changes;
    private final ChangePublisher publisher;
    private final ChangeSignalStore signal;
    private final ResidencyView residency;
    private final ResidencyTopic residencyTopic;
    private final BucketEventsTopic eventsTopic;
    private final EventWatch events;
    private final Watchers watchers;
    private final MeterRegistry registry;
    private final Counter summaries;
    private final List<Loop> loops = new ArrayList<>();
    private long lastExpireNanos = System.nanoTime() - Duration.ofDays(1).toNanos();
    private long graceEndNanos;

    Lifecycle(
            MetadataSettings settings,
            MountTable mounts,
            PolicyTable policies,
            Namespace namespace,
            WorkerRegistry workers,
            ChangeFeed feed,
            ChangeLogStore changes,
            ChangePublisher publisher,
            ChangeSignalStore signal,
            ResidencyView residency,
            ResidencyTopic residencyTopic,
            BucketEventsTopic eventsTopic,
            EventWatch events,
            Watchers watchers,
            MeterRegistry registry) {
        this.settings = settings;
        this.mounts = mounts;
        this.policies = policies;
        this.namespace = namespace;
        this.workers = workers;
        this.feed = feed;
        this.changes = changes;
        this.publisher = publisher;
        this.signal = signal;
        this.residency = residency;
        this.residencyTopic = residencyTopic;
        this.eventsTopic = eventsTopic;
        this.events = events;
        this.watchers = watchers;
        this.registry = registry;
        this.summaries = registry.counter("millrace.metadata.residency.summaries");
    }

    // Before the servers of this application and its other parts ask for the ring.
    void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        SettingsCheck.check(settings);
        workers.fixSlots(settings.slots());
        feed.start();
        workers.workers();
        mounts.refresh();
        policies.refresh();
        feed.listen(change -> {
            switch (change) {
                case Change.Name _ -> {}
                case Change.Mounts _ -> mounts.refresh();
                case Change.Ring _ -> workers.workers();
                case Change.Policies _ -> policies.refresh();
            }
        });
        registry.gauge("millrace.metadata.mounts", mounts, table -> table.known().size());
        registry.gauge(
                "millrace.metadata.policies", policies, table -> table.known().byPath().size());
        registry.gauge(
                "millrace.metadata.workers.live", workers, known -> known.known().inRing().size());
        registry.gauge("millrace.metadata.ring.epoch", workers, known -> known.known().ringEpoch());
        registry.gauge(
                "millrace.metadata.events.waiting", events, seen -> seen.standing().waiting());
        registry.gauge(
                "millrace.metadata.events.followed", events, seen -> seen.isFollowed() ? 1 : 0);
        registry.gauge("millrace.metadata.changes.unpublished", publisher, p -> p.waiting());
        loops.add(
                Loop.start(
                        "feed",
                        settings.watch().poll(),
                        () -> {
                            awaitChange();
                            feed.poll();
                            return true;
                        }));
        loops.add(Loop.start("leases", settings.workerLease().dividedBy(8), this::expire));
        loops.add(Loop.start("reap", Duration.ofSeconds(1), () -> namespace.reap(REAP)));
        loops.add(Loop.start("prune", Duration.ofSeconds(10), this::prune));
        if (settings.changeLog().publish()) {
            loops.add(Loop.start("publish", Duration.ofMillis(200), publisher::step));
        }
        if (settings.residency().consume()) {
            loops.add(Loop.start("residency", Duration.ofMillis(100), this::readResidency));
        }
        // The pause collects what many say at once.
        loops.add(Loop.start("watchers", Duration.ofMillis(20), this::noteWatchers));
        loops.add(Loop.start("events-watch", Duration.ofSeconds(1), this::watchEvents));
        if (settings.events().consume()) {
            loops.add(
                    Loop.start(
                            "events", Duration.ofMillis(100), () -> eventsTopic.step(EVENTS_WAIT)));
        }
    }

    private boolean noteWatchers() {
        try {
            watchers.step();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private boolean watchEvents() {
        events.look();
        return false;
    }

    private boolean readResidency() {
        int applied = residencyTopic.step(RESIDENCY_WAIT);
        summaries.increment(applied);
        return applied > 0;
    }

    private void awaitChange() {
        try {
            signal.await(settings.watch().poll());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Workers could not renew while this service, or Postgres, was away: after each such gap they
     * get one lease to do so.
     */
    private boolean expire() {
        long now = System.nanoTime();
        long lease = settings.workerLease().toNanos();
        if (now - lastExpireNanos > lease / 2) {
            graceEndNanos = now + lease;
        }
        if (now - graceEndNanos < 0) {
            workers.workers();
            lastExpireNanos = now;
            return false;
        }
        for (WorkerId lost : workers.expire()) {
            LOG.warnf("event=worker-lost worker=%s", lost);
        }
        lastExpireNanos = now;
        return false;
    }

    private boolean prune() {
        residency.dropLost();
        namespace.pruneLooks(LOOKS_KEPT, PRUNE);
        namespace.pruneDeletions(DELETIONS_KEPT, PRUNE);
        MetadataSettings.ChangeLog log = settings.changeLog();
        return changes.prune(log.retention(), log.most(), PRUNE) == PRUNE;
    }

    void stop(@Observes ShutdownEvent event) {
        residencyTopic.wakeUp();
        eventsTopic.wakeUp();
        watchers.wakeUp();
        loops.reversed().forEach(Loop::close);
        signal.close();
        residencyTopic.close();
        eventsTopic.close();
    }
}
