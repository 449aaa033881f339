package io.millrace.contracts;

import io.millrace.contracts.v1.Eviction;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.PolicyTable;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.ObjectAttributes;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Model to message and back. A message is untrusted: what cannot be a model value throws {@link
 * MillraceException} INVALID_ARGUMENT.
 */
public final class Messages {

    private Messages() {}

    public static io.millrace.contracts.v1.FileSource toMessage(FileSource source) {
        return io.millrace.contracts.v1.FileSource.newBuilder()
                .setMountId(source.mountId())
                .setKey(source.key())
                .setObjectVersion(source.objectVersion())
                .setLength(source.length())
                .build();
    }

    public static FileSource fromMessage(io.millrace.contracts.v1.FileSource message) {
        try {
            return new FileSource(
                    message.getMountId(),
                    message.getKey(),
                    message.getObjectVersion(),
                    message.getLength());
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
    }

    public static io.millrace.contracts.v1.ObjectAttributes toMessage(ObjectAttributes attributes) {
        var message = io.millrace.contracts.v1.ObjectAttributes.newBuilder();
        if (attributes.uid() instanceof Long uid) {
            message.setUid(uid.intValue());
        }
        if (attributes.gid() instanceof Long gid) {
            message.setGid(gid.intValue());
        }
        if (attributes.permissions() instanceof Integer permissions) {
            message.setPermissions(permissions);
        }
        if (attributes.modifiedMillis() instanceof Long modifiedMillis) {
            message.setModifiedMillis(modifiedMillis);
        }
        return message.build();
    }

    public static ObjectAttributes fromMessage(io.millrace.contracts.v1.ObjectAttributes message) {
        try {
            return new ObjectAttributes(
                    message.hasUid() ? Integer.toUnsignedLong(message.getUid()) : null,
                    message.hasGid() ? Integer.toUnsignedLong(message.getGid()) : null,
                    message.hasPermissions() ? message.getPermissions() : null,
                    message.hasModifiedMillis() ? message.getModifiedMillis() : null);
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
    }

    /** Lost workers in the message, which should not be there, are left out. */
    public static Ring fromMessage(io.millrace.contracts.v1.Ring message) {
        try {
            return new Ring(
                    message.getEpoch(),
                    message.getSlots(),
                    message.getWorkersList().stream()
                            .filter(worker -> worker.getState() != WorkerState.WORKER_STATE_LOST)
                            .map(Messages::member)
                            .toList());
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
    }

    /** How the files of {@code mount} are cut. */
    public static BlockLayout blockLayout(Mount mount) {
        long blockBytes = mount.getOptions().getBlockBytes();
        try {
            return blockBytes == 0 ? BlockLayout.DEFAULT : new BlockLayout(blockBytes);
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
    }

    /** What {@code path} says by itself. */
    public static io.millrace.contracts.v1.PathPolicy toMessage(
            NamespacePath path, PathPolicy policy) {
        var message = io.millrace.contracts.v1.PathPolicy.newBuilder().setPath(path.toString());
        if (policy.pinned() instanceof Boolean pinned) {
            message.setPinned(pinned);
        }
        if (policy.ttl() instanceof Duration ttl) {
            message.setTtlMillis(ttl.toMillis());
        }
        if (policy.replicas() instanceof Integer replicas) {
            message.setReplicas(replicas);
        }
        if (policy.quota() instanceof ByteCount quota) {
            message.setQuotaBytes(quota.bytes());
        }
        if (policy.priority() instanceof Integer priority) {
            message.setPriority(priority);
        }
        if (policy.eviction() instanceof PathPolicy.Eviction eviction) {
            message.setEviction(
                    switch (eviction) {
                        case LRU -> Eviction.EVICTION_LRU;
                        case S3_FIFO -> Eviction.EVICTION_S3_FIFO;
                        case EPOCH -> Eviction.EVICTION_EPOCH;
                    });
        }
        return message.build();
    }

    /**
     * What the path of {@code message} says by itself. An eviction of a newer version is left out.
     */
    public static PathPolicy fromMessage(io.millrace.contracts.v1.PathPolicy message) {
        try {
            return new PathPolicy(
                    message.hasPinned() ? message.getPinned() : null,
                    message.hasTtlMillis() ? Duration.ofMillis(message.getTtlMillis()) : null,
                    message.hasReplicas() ? message.getReplicas() : null,
                    message.hasQuotaBytes() ? new ByteCount(message.getQuotaBytes()) : null,
                    message.hasPriority() ? message.getPriority() : null,
                    switch (message.getEviction()) {
                        case EVICTION_LRU -> PathPolicy.Eviction.LRU;
                        case EVICTION_S3_FIFO -> PathPolicy.Eviction.S3_FIFO;
                        case EVICTION_EPOCH -> PathPolicy.Eviction.EPOCH;
                        case EVICTION_UNSPECIFIED, UNRECOGNIZED -> null;
                    });
        } catch (IllegalArgumentException e) {
            throw invalid(e);
        }
    }

    public static PolicyTable toMessage(PathPolicies policies) {
        PolicyTable.Builder table = PolicyTable.newBuilder();
        policies.byPath().forEach((path, policy) -> table.addPolicies(toMessage(path, policy)));
        return table.build();
    }

    public static PathPolicies fromMessage(PolicyTable message) {
        Map<NamespacePath, PathPolicy> byPath = new HashMap<>();
        for (io.millrace.contracts.v1.PathPolicy policy : message.getPoliciesList()) {
            byPath.put(NamespacePath.parse(policy.getPath()), fromMessage(policy));
        }
        return new PathPolicies(byPath);
    }

    private static Ring.Member member(Worker worker) {
        return new Ring.Member(
                new WorkerId(worker.getId()),
                worker.getWeight(),
                worker.getState() == WorkerState.WORKER_STATE_DRAINING);
    }

    private static MillraceException invalid(IllegalArgumentException e) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
    }
}
