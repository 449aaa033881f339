package io.millrace.standalone.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.millrace.contracts.v1.EffectivePolicy;
import io.millrace.contracts.v1.Freshness;
import io.millrace.contracts.v1.GetResidencyResponse;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountFreshness;
import io.millrace.contracts.v1.ObjectAttributes;
import io.millrace.contracts.v1.PathPolicy;
import io.millrace.contracts.v1.Pin;
import io.millrace.contracts.v1.PolicyAttribute;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the commands print, as their JSON has it: the names here are part of the contract. */
final class Views {

    private static final DateTimeFormatter LOCAL_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT)
                    .withZone(ZoneId.systemDefault());

    private Views() {}

    static String bytes(long count) {
        return new ByteCount(Math.max(0, count)).toString();
    }

    static String time(long millis) {
        return millis <= 0 ? "-" : LOCAL_TIME.format(Instant.ofEpochMilli(millis));
    }

    static String millis(long millis) {
        if (millis < 0) {
            return "-";
        }
        long seconds = (millis + 999) / 1000;
        return seconds < 60
                ? seconds + " s"
                : seconds < 3600
                        ? seconds / 60 + " min " + seconds % 60 + " s"
                        : seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    static @Nullable String instant(long millis) {
        return millis <= 0 ? null : Instant.ofEpochMilli(millis).toString();
    }

    record MountView(
            long id,
            String path,
            String uri,
            String endpoint,
            String region,
            boolean pathStyle,
            String credentials,
            String freshness,
            long maxAgeMillis,
            long blockBytes,
            boolean directFallback,
            boolean objectAttributes,
            @Nullable String created) {

        static MountView of(Mount mount) {
            return new MountView(
                    mount.getId(),
                    mount.getPath(),
                    mount.getUri(),
                    mount.getOptions().getEndpoint(),
                    mount.getOptions().getRegion(),
                    mount.getOptions().getPathStyle(),
                    mount.getOptions().getCredentials(),
                    name(mount.getOptions().getFreshness()),
                    mount.getOptions().getMaxAgeMillis(),
                    mount.getOptions().getBlockBytes(),
                    mount.getOptions().getDirectFallback(),
                    mount.getOptions().getObjectAttributes(),
                    instant(mount.getCreatedMillis()));
        }
    }

    record FreshnessView(
            String path,
            String freshness,
            long maxAgeMillis,
            String events,
            long waitingMessages,
            long behindMillis,
            @Nullable String newestEvent,
            @Nullable String trustedFrom,
            long appliedEvents,
            long medianMillis,
            long p99Millis,
            long deadMessages) {

        static FreshnessView of(MountFreshness now) {
            return new FreshnessView(
                    now.getMount().getPath(),
                    name(now.getMount().getOptions().getFreshness()),
                    now.getMount().getOptions().getMaxAgeMillis(),
                    now.getEvents()
                            .name()
                            .substring("EVENT_STATE_".length())
                            .toLowerCase(Locale.ROOT),
                    now.getWaitingMessages(),
                    now.getBehindMillis(),
                    instant(now.getNewestEventMillis()),
                    instant(now.getTrustedFromMillis()),
                    now.getAppliedEvents(),
                    now.getMedianMillis(),
                    now.getP99Millis(),
                    now.getDeadMessages());
        }
    }

    record InodeView(
            String path,
            String kind,
            long bytes,
            @Nullable String modified,
            long inode,
            long mountId,
            String key,
            @Nullable String objectVersion,
            @Nullable Long uid,
            @Nullable Long gid,
            @Nullable String permissions) {

        static InodeView of(String path, Inode inode) {
            ObjectAttributes said = inode.getAttributes();
            return new InodeView(
                    path,
                    isDirectory(inode) ? "directory" : "file",
                    inode.getSource().getLength(),
                    instant(inode.getModifiedMillis()),
                    inode.getId(),
                    inode.getSource().getMountId(),
                    inode.getSource().getKey(),
                    isDirectory(inode) ? null : inode.getSource().getObjectVersion(),
                    said.hasUid() ? Integer.toUnsignedLong(said.getUid()) : null,
                    said.hasGid() ? Integer.toUnsignedLong(said.getGid()) : null,
                    said.hasPermissions() ? "%03o".formatted(said.getPermissions()) : null);
        }
    }

    static boolean isDirectory(Inode inode) {
        return inode.getKind() == InodeKind.INODE_KIND_DIRECTORY;
    }

    record UsageView(String path, long files, long directories, long bytes) {}

    /**
     * How much of a path is cached.
     *
     * @param exact asked from the workers that own it, file by file, where copies do not count
     * @param complete whether there is no more than this
     */
    record CachedView(String path, long bytes, long cachedBytes, boolean exact, boolean complete) {

        static CachedView of(GetResidencyResponse residency) {
            return new CachedView(
                    residency.getPath(),
                    residency.getBytes(),
                    residency.getCachedBytes(),
                    false,
                    residency.getComplete());
        }
    }

    record StatView(
            @JsonUnwrapped InodeView inode,
            @Nullable CachedView cached,
            @Nullable PinView pinned) {}

    record ResidencyView(
            String path,
            long files,
            long bytes,
            long cachedFiles,
            long cachedBytes,
            double heat,
            boolean complete,
            List<WorkerResidencyView> workers) {

        static ResidencyView of(GetResidencyResponse residency) {
            return new ResidencyView(
                    residency.getPath(),
                    residency.getFiles(),
                    residency.getBytes(),
                    residency.getCachedFiles(),
                    residency.getCachedBytes(),
                    residency.getHeat(),
                    residency.getComplete(),
                    residency.getWorkersList().stream()
                            .map(worker ->
                                    new WorkerResidencyView(
                                            worker.getWorkerId(),
                                            worker.getCachedFiles(),
                                            worker.getCachedBytes(),
                                            worker.getHeat(),
                                            instant(worker.getMadeMillis()),
                                            worker.getUnknownFiles(),
                                            worker.getUnknownBytes()))
                            .toList());
        }
    }

    record WorkerResidencyView(
            String id,
            long cachedFiles,
            long cachedBytes,
            double heat,
            @Nullable String made,
            long unknownFiles,
            long unknownBytes) {}

    record HiddenKeyView(long mountId, String key, String reason) {}

    record HiddenKeysView(long total, List<HiddenKeyView> keys) {}

    record PolicyView(
            String path,
            @Nullable Boolean pinned,
            @Nullable Long ttlMillis,
            @Nullable Integer replicas,
            @Nullable Long quotaBytes,
            @Nullable Integer priority,
            @Nullable String eviction) {

        static PolicyView of(PathPolicy policy) {
            return new PolicyView(
                    policy.getPath(),
                    policy.hasPinned() ? policy.getPinned() : null,
                    policy.hasTtlMillis() ? policy.getTtlMillis() : null,
                    policy.hasReplicas() ? policy.getReplicas() : null,
                    policy.hasQuotaBytes() ? policy.getQuotaBytes() : null,
                    policy.hasPriority() ? policy.getPriority() : null,
                    switch (policy.getEviction()) {
                        case EVICTION_LRU -> "lru";
                        case EVICTION_S3_FIFO -> "s3-fifo";
                        case EVICTION_EPOCH -> "epoch";
                        case EVICTION_UNSPECIFIED, UNRECOGNIZED -> null;
                    });
        }
    }

    record QuotaView(String path, long bytes) {}

    record EffectivePolicyView(
            String path, PolicyView policy, Map<String, String> origins, List<QuotaView> quotas) {

        static EffectivePolicyView of(EffectivePolicy effective) {
            Map<String, String> origins = new TreeMap<>();
            effective
                    .getOriginsList()
                    .forEach(origin -> origins.put(name(origin.getAttribute()), origin.getPath()));
            return new EffectivePolicyView(
                    effective.getPath(),
                    PolicyView.of(effective.getPolicy()),
                    origins,
                    effective.getQuotasList().stream()
                            .map(quota -> new QuotaView(quota.getPath(), quota.getBytes()))
                            .toList());
        }
    }

    record PinnedView(PolicyView policy, JobViews.JobView job) {}

    record PinView(
            String path,
            long files,
            long bytes,
            long residentFiles,
            long residentBytes,
            @Nullable String checked,
            @Nullable String jobId,
            @Nullable String message) {

        static PinView of(Pin pin) {
            return new PinView(
                    pin.getPath(),
                    pin.getFiles(),
                    pin.getBytes(),
                    pin.getResidentFiles(),
                    pin.getResidentBytes(),
                    instant(pin.getCheckedMillis()),
                    pin.getJobId().isEmpty() ? null : pin.getJobId(),
                    pin.getMessage().isEmpty() ? null : pin.getMessage());
        }
    }

    record WorkerView(
            String id,
            String state,
            String host,
            int dataPort,
            int controlPort,
            long capacityBytes,
            long usedBytes,
            long cachedFiles,
            int inFlight,
            long weight,
            List<String> cacheDirectories,
            @Nullable String lastRenewal) {

        static WorkerView of(Worker worker) {
            return new WorkerView(
                    worker.getId(),
                    name(worker.getState()),
                    worker.getHost(),
                    worker.getDataPort(),
                    worker.getControlPort(),
                    worker.getCapacityBytes(),
                    worker.getUsedBytes(),
                    worker.getCachedFiles(),
                    worker.getInFlight(),
                    worker.getWeight(),
                    worker.getCacheDirectoriesList(),
                    instant(worker.getLastRenewalMillis()));
        }
    }

    record PartView(
            String name,
            String kind,
            String state,
            @Nullable Long pid,
            Map<String, Integer> ports,
            String log,
            @Nullable String mount) {}

    static String name(Freshness freshness) {
        return freshness
                .name()
                .substring("FRESHNESS_".length())
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when there is no such freshness
     */
    static Freshness freshness(String word) {
        for (Freshness freshness : Freshness.values()) {
            boolean named =
                    freshness != Freshness.FRESHNESS_UNSPECIFIED
                            && freshness != Freshness.UNRECOGNIZED;
            if (named && name(freshness).equals(word)) {
                return freshness;
            }
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "freshness '" + word + "' is none of max-age, events and immutable");
    }

    static String name(PolicyAttribute attribute) {
        return attribute.name().substring("POLICY_ATTRIBUTE_".length()).toLowerCase(Locale.ROOT);
    }

    static String name(WorkerState state) {
        return state.name().substring("WORKER_STATE_".length());
    }
}
