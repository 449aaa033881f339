package io.millrace.metadata.endpoint;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Differences;
import io.millrace.contracts.v1.EventState;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.Freshness;
import io.millrace.contracts.v1.GetResidencyResponse;
import io.millrace.contracts.v1.Heartbeat;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.contracts.v1.Invalidation;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountFreshness;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.MountTable;
import io.millrace.contracts.v1.Resync;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.WalkResponse;
import io.millrace.contracts.v1.WalkedFile;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerResidency;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.metadata.changes.Change;
import io.millrace.metadata.events.FreshnessReport;
import io.millrace.metadata.namespace.Walk;
import io.millrace.metadata.residency.ResidencyView;
import io.millrace.metadata.workers.WorkerRecord;
import io.millrace.metadata.workers.WorkerRegistry;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.ObjectAttributes;
import io.millrace.model.PathPolicies;
import io.millrace.model.WorkerId;
import java.util.List;

/** Domain to messages and back. */
public final class ProtoMapper {

    private ProtoMapper() {}

    static Mount mount(io.millrace.metadata.mounts.Mount mount) {
        var options = mount.options();
        return Mount.newBuilder()
                .setId(mount.id())
                .setPath(mount.path().toString())
                .setUri(mount.uri().toString())
                .setOptions(
                        MountOptions.newBuilder()
                                .setEndpoint(options.endpoint())
                                .setRegion(options.region())
                                .setPathStyle(options.pathStyle())
                                .setCredentials(options.credentials())
                                .setFreshness(freshness(options.freshness()))
                                .setMaxAgeMillis(options.maxAge().toMillis())
                                .setBlockBytes(options.blockBytes())
                                .setDirectFallback(options.directFallback())
                                .setObjectAttributes(options.objectAttributes()))
                .setCreatedMillis(mount.createdMillis())
                .build();
    }

    private static Freshness freshness(io.millrace.metadata.mounts.Mount.Freshness freshness) {
        return switch (freshness) {
            case MAX_AGE -> Freshness.FRESHNESS_MAX_AGE;
            case EVENTS -> Freshness.FRESHNESS_EVENTS;
            case IMMUTABLE -> Freshness.FRESHNESS_IMMUTABLE;
        };
    }

    static MountFreshness freshness(FreshnessReport.Freshness now) {
        return MountFreshness.newBuilder()
                .setMount(mount(now.mount()))
                .setEvents(
                        switch (now.state()) {
                            case FOLLOWED -> EventState.EVENT_STATE_FOLLOWED;
                            case BEHIND -> EventState.EVENT_STATE_BEHIND;
                            case AWAY -> EventState.EVENT_STATE_AWAY;
                        })
                .setWaitingMessages(now.standing().waiting())
                .setBehindMillis(now.standing().behind().toMillis())
                .setNewestEventMillis(now.standing().newestEventMillis())
                .setTrustedFromMillis(now.mount().trustedFromMillis())
                .setAppliedEvents(now.staleness().applied())
                .setMedianMillis(now.staleness().median().toMillis())
                .setP99Millis(now.staleness().p99().toMillis())
                .setDeadMessages(now.standing().dead())
                .build();
    }

    /** As people write it; empty: none was given. */
    static String freshness(Freshness freshness) {
        return switch (freshness) {
            case FRESHNESS_UNSPECIFIED -> "";
            case FRESHNESS_MAX_AGE -> "max-age";
            case FRESHNESS_EVENTS -> "events";
            case FRESHNESS_IMMUTABLE -> "immutable";
            case UNRECOGNIZED ->
                    throw new MillraceException(
                            ErrorCode.INVALID_ARGUMENT, "the freshness is none that is known");
        };
    }

    static Inode inode(io.millrace.metadata.namespace.Inode inode) {
        Inode.Builder message =
                Inode.newBuilder()
                        .setId(inode.id())
                        .setParentId(inode.parentId())
                        .setName(inode.name())
                        .setModifiedMillis(inode.modifiedMillis());
        return switch (inode) {
            case io.millrace.metadata.namespace.Inode.File file -> {
                if (!file.attributes().equals(ObjectAttributes.NONE)) {
                    message.setAttributes(Messages.toMessage(file.attributes()));
                }
                yield message.setKind(InodeKind.INODE_KIND_FILE)
                        .setSource(Messages.toMessage(file.source()))
                        .build();
            }
            case io.millrace.metadata.namespace.Inode.Directory directory ->
                    message.setKind(InodeKind.INODE_KIND_DIRECTORY)
                            .setSource(
                                    FileSource.newBuilder()
                                            .setMountId(directory.mountId())
                                            .setKey(directory.key()))
                            .build();
        };
    }

    static WalkResponse walked(Walk.Page page) {
        Walk.Differences differences = page.differences();
        return WalkResponse.newBuilder()
                .addAllFiles(page.files().stream().map(ProtoMapper::walked).toList())
                .setNextCursor(page.nextCursor())
                .setDifferences(
                        Differences.newBuilder()
                                .setAddedFiles(differences.added())
                                .setChangedFiles(differences.changed())
                                .setDeletedFiles(differences.deleted()))
                .build();
    }

    private static WalkedFile walked(Walk.WalkedFile file) {
        return WalkedFile.newBuilder()
                .setPath(file.path().toString())
                .setSource(Messages.toMessage(file.source()))
                .setModifiedMillis(file.modifiedMillis())
                .build();
    }

    static GetResidencyResponse residency(NamespacePath path, ResidencyView.Residency residency) {
        GetResidencyResponse.Builder message =
                GetResidencyResponse.newBuilder()
                        .setPath(path.toString())
                        .setFiles(residency.total().files())
                        .setBytes(residency.total().bytes())
                        .setCachedFiles(residency.cached().files())
                        .setCachedBytes(residency.cached().bytes())
                        .setHeat(residency.heat())
                        .setComplete(residency.isComplete());
        for (ResidencyView.OnWorker worker : residency.workers()) {
            message.addWorkers(
                    WorkerResidency.newBuilder()
                            .setWorkerId(worker.worker().value())
                            .setCachedFiles(worker.cached().files())
                            .setCachedBytes(worker.cached().bytes())
                            .setHeat(worker.heat())
                            .setMadeMillis(worker.madeMillis())
                            .setUnknownFiles(worker.unknown().files())
                            .setUnknownBytes(worker.unknown().bytes()));
        }
        return message.build();
    }

    static Worker worker(WorkerRecord worker) {
        return Worker.newBuilder()
                .setId(worker.id().value())
                .setHost(worker.address().host())
                .setDataPort(worker.address().dataPort())
                .setControlPort(worker.address().controlPort())
                .setHostId(worker.hostId())
                .addAllCacheDirectories(worker.cacheDirectories())
                .setCapacityBytes(worker.load().capacityBytes())
                .setUsedBytes(worker.load().usedBytes())
                .setCachedFiles(worker.load().cachedFiles())
                .setWeight(worker.weight())
                .setState(
                        switch (worker.state()) {
                            case LIVE -> WorkerState.WORKER_STATE_LIVE;
                            case DRAINING -> WorkerState.WORKER_STATE_DRAINING;
                            case LOST -> WorkerState.WORKER_STATE_LOST;
                        })
                .setRegisteredMillis(worker.registeredMillis())
                .setLastRenewalMillis(worker.renewedMillis())
                .setInFlight(worker.load().inFlight())
                .build();
    }

    static WorkerRecord worker(Worker message) {
        return new WorkerRecord(
                workerId(message.getId()),
                new WorkerRecord.Address(
                        message.getHost(), message.getDataPort(), message.getControlPort()),
                message.getHostId(),
                message.getCacheDirectoriesList(),
                new WorkerRecord.Load(
                        message.getCapacityBytes(),
                        message.getUsedBytes(),
                        message.getCachedFiles(),
                        message.getInFlight()),
                message.hasWeight() ? message.getWeight() : message.getCapacityBytes(),
                WorkerRecord.State.LIVE,
                0,
                0);
    }

    static WorkerId workerId(String id) {
        try {
            return new WorkerId(id);
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }

    static Ring ring(WorkerRegistry.Workers workers) {
        return Ring.newBuilder()
                .setEpoch(workers.ringEpoch())
                .setSlots(workers.slots())
                .addAllWorkers(workers.inRing().stream().map(ProtoMapper::worker).toList())
                .build();
    }

    static WatchEvent ringEvent(WorkerRegistry.Workers workers) {
        return WatchEvent.newBuilder().setRing(ring(workers)).build();
    }

    static WatchEvent mountsEvent(List<io.millrace.metadata.mounts.Mount> mounts) {
        return WatchEvent.newBuilder()
                .setMounts(
                        MountTable.newBuilder()
                                .addAllMounts(mounts.stream().map(ProtoMapper::mount).toList()))
                .build();
    }

    static WatchEvent policiesEvent(PathPolicies policies) {
        return WatchEvent.newBuilder().setPolicies(Messages.toMessage(policies)).build();
    }

    static WatchEvent resync(long sequence) {
        return WatchEvent.newBuilder()
                .setSequence(sequence)
                .setResync(Resync.getDefaultInstance())
                .build();
    }

    static WatchEvent heartbeat(long sequence) {
        return WatchEvent.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setSequence(sequence))
                .build();
    }

    /** A changed name, with its place in the log. */
    public static WatchEvent invalidation(long sequence, Change.Name change) {
        return WatchEvent.newBuilder()
                .setSequence(sequence)
                .setInvalidation(
                        Invalidation.newBuilder()
                                .setParentId(change.parentId())
                                .setName(change.name())
                                .setInodeId(change.inodeId()))
                .build();
    }
}
