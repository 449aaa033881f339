package io.millrace.metadata.boot;

import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.metadata.changes.ChangeFeed;
import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.changes.ChangePublisher;
import io.millrace.metadata.changes.ChangeSignalStore;
import io.millrace.metadata.database.Database;
import io.millrace.metadata.endpoint.EndpointLimits;
import io.millrace.metadata.events.EventApplier;
import io.millrace.metadata.events.EventMetrics;
import io.millrace.metadata.events.EventStore;
import io.millrace.metadata.events.EventWatch;
import io.millrace.metadata.events.FreshnessReport;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.namespace.Namespace;
import io.millrace.metadata.policies.PinBudget;
import io.millrace.metadata.policies.PolicyTable;
import io.millrace.metadata.residency.ResidencyView;
import io.millrace.metadata.visibility.Visibility;
import io.millrace.metadata.visibility.Watchers;
import io.millrace.metadata.workers.WorkerRecord;
import io.millrace.metadata.workers.WorkerRegistry;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.understore.BucketLimits;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import io.quarkus.agroal.DataSource;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/** Makes the parts of the service from its settings. */
final class Wiring {

    /** To one bucket, beside those that read attributes: listings must not wait for these. */
    private static final int CONNECTIONS = 64;

    private static final int ATTEMPTS = 4;
    private static final Duration TRY_OUT_ATTEMPT = Duration.ofSeconds(4);
    private static final Duration CLAIM_SLACK = Duration.ofSeconds(10);
    private static final Duration PUBLISH_LEASE = Duration.ofSeconds(30);

    private Wiring() {}

    @Produces
    @Singleton
    static Database database(@DataSource("metadata") AgroalDataSource dataSource) {
        return new Database(dataSource);
    }

    @Produces
    @Singleton
    static MountTable mountTable(Database database, MetadataSettings settings) {
        Duration call = settings.listing().callTime();
        Duration tryOut = settings.mounts().tryOutTime();
        int connections = CONNECTIONS + settings.listing().attributeReads();
        BucketLimits bucketLimits = new BucketLimits(connections, System::nanoTime);
        return new MountTable(
                database,
                wanted -> UnderStores.limited(wanted, bucketLimits),
                new MountTable.Limits(
                        settings.mounts().most(),
                        new UnderStoreSettings.Limits(
                                connections, ATTEMPTS, call.dividedBy(2), call),
                        new UnderStoreSettings.Limits(
                                1, 2, shorter(TRY_OUT_ATTEMPT, tryOut), tryOut)),
                InstantSource.system());
    }

    static void close(@Disposes MountTable mounts) {
        mounts.close();
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    @Produces
    @Singleton
    static Namespace namespace(
            Database database,
            MountTable mounts,
            MetadataSettings settings,
            EventWatch events,
            MeterRegistry registry) {
        MetadataSettings.Listing listing = settings.listing();
        return new Namespace(
                database,
                mounts,
                InstantSource.system(),
                task -> Thread.ofVirtual().name("listing").start(task),
                new Namespace.Limits(
                        listing.concurrent(),
                        listing.attributeReads(),
                        listing.stall(),
                        listing.longest(),
                        listing.callTime().plus(CLAIM_SLACK),
                        listing.failurePause(),
                        settings.staleValid(),
                        settings.maxAge(),
                        settings.walkTime(),
                        settings.usageTime()),
                events::isFollowed,
                registry);
    }

    @Produces
    @Singleton
    static EventStore eventStore(Database database) {
        return new EventStore(database);
    }

    @Produces
    @Singleton
    static EventWatch eventWatch(EventStore store, MetadataSettings settings) {
        return new EventWatch(store, settings.events().longestWait());
    }

    @Produces
    @Singleton
    static EventMetrics eventMetrics(MeterRegistry registry) {
        return new EventMetrics(registry);
    }

    @Produces
    @Singleton
    static FreshnessReport freshnessReport(
            MountTable mounts, EventWatch watch, EventMetrics metrics) {
        return new FreshnessReport(mounts, watch, metrics);
    }

    @Produces
    @Singleton
    static EventApplier eventApplier(
            MountTable mounts,
            Namespace namespace,
            MetadataSettings settings,
            EventMetrics metrics) {
        return new EventApplier(
                mounts,
                namespace::refresh,
                task -> Thread.ofVirtual().name("bucket-event").start(task),
                settings.events().concurrent(),
                InstantSource.system(),
                metrics);
    }

    @Produces
    @Singleton
    static PolicyTable policyTable(
            Database database,
            MetadataSettings settings,
            Namespace namespace,
            WorkerRegistry workers) {
        return new PolicyTable(
                database,
                settings.policies().most(),
                new PinBudget(path -> bytesBelow(namespace, path), () -> room(workers)));
    }

    /** 0: there is nothing at the path. */
    private static long bytesBelow(Namespace namespace, NamespacePath path) {
        try {
            return namespace.usage(path).bytes();
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return 0;
            }
            throw e;
        }
    }

    private static PinBudget.Room room(WorkerRegistry workers) {
        List<WorkerRecord> owners =
                workers.workers().inRing().stream().filter(worker -> worker.weight() > 0).toList();
        return new PinBudget.Room(
                owners.size(),
                owners.stream().mapToLong(worker -> worker.load().capacityBytes()).sum());
    }

    @Produces
    @Singleton
    static ResidencyView residencyView(Database database, Namespace namespace, MountTable mounts) {
        return new ResidencyView(database, namespace, mounts);
    }

    @Produces
    @Singleton
    static WorkerRegistry workerRegistry(Database database, MetadataSettings settings) {
        return new WorkerRegistry(database, settings.workerLease());
    }

    @Produces
    @Singleton
    static ChangeSignalStore changeSignal(Database database) {
        return new ChangeSignalStore(database);
    }

    @Produces
    @Singleton
    static ChangeLogStore changeLogStore(Database database) {
        return new ChangeLogStore(database);
    }

    @Produces
    @Singleton
    static ChangeFeed changeFeed(ChangeLogStore store, MetadataSettings settings) {
        return new ChangeFeed(store, settings.watch().kept());
    }

    @Produces
    @Singleton
    static ChangePublisher changePublisher(
            ChangeLogStore store, ChangeFeed feed, ChangesTopic topic) {
        return new ChangePublisher(
                store, feed, topic::send, UUID.randomUUID().toString(), PUBLISH_LEASE);
    }

    @Produces
    @Singleton
    static Watchers watchers(Database database) {
        return new Watchers(database);
    }

    @Produces
    @Singleton
    static Visibility visibility(
            MountTable mounts, Namespace namespace, ChangeLogStore changes, Watchers watchers) {
        return new Visibility(namespace, changes, watchers);
    }

    @Produces
    @Singleton
    static EndpointLimits endpointLimits(MetadataSettings settings) {
        return new EndpointLimits(
                settings.maxAge(), settings.watch().heartbeat(), settings.watch().most());
    }
}
