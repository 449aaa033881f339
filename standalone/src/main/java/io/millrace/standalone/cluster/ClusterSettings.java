package io.millrace.standalone.cluster;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a local cluster is to be. What is null stays as it was when the cluster was last up.
 *
 * @param home where everything is kept
 * @param lifetime how long the processes live
 * @param layout null: as before, at first {@link Layout#SHARED}
 * @param workers how many, 0 to 16; null: as before, at first 2
 * @param workerCapacityBytes what each worker may keep; null: as before, at first the worker's own
 *     default
 * @param mounts agents to start beside what was asked for before
 * @param properties settings of the services beyond what the launcher gives them, by kind of
 *     process
 */
public record ClusterSettings(
        Home home,
        Lifetime lifetime,
        @Nullable Layout layout,
        @Nullable Integer workers,
        @Nullable Long workerCapacityBytes,
        List<AgentMount> mounts,
        Map<PartKind, Map<String, String>> properties) {

    /** Most workers one machine is given. */
    public static final int MAX_WORKERS = 16;

    static final int DEFAULT_WORKERS = 2;

    public ClusterSettings {
        if (workers != null && (workers < 0 || workers > MAX_WORKERS)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "--workers " + workers + ": 0 to " + MAX_WORKERS + " are possible");
        }
        mounts = List.copyOf(mounts);
        properties = Map.copyOf(properties);
    }

    /** As {@code millrace up} starts one. */
    public static ClusterSettings of(Home home, Lifetime lifetime) {
        return new ClusterSettings(home, lifetime, null, null, null, List.of(), Map.of());
    }

    public ClusterSettings withLayout(@Nullable Layout chosen) {
        return new ClusterSettings(
                home, lifetime, chosen, workers, workerCapacityBytes, mounts, properties);
    }

    public ClusterSettings withWorkers(@Nullable Integer count) {
        return new ClusterSettings(
                home, lifetime, layout, count, workerCapacityBytes, mounts, properties);
    }

    public ClusterSettings withWorkerCapacity(@Nullable Long bytes) {
        return new ClusterSettings(home, lifetime, layout, workers, bytes, mounts, properties);
    }

    public ClusterSettings withMounts(List<AgentMount> chosen) {
        return new ClusterSettings(
                home, lifetime, layout, workers, workerCapacityBytes, chosen, properties);
    }

    /** With one more setting for the processes of {@code kind}. */
    public ClusterSettings withProperty(PartKind kind, String name, String value) {
        Map<PartKind, Map<String, String>> more = new EnumMap<>(PartKind.class);
        more.putAll(properties);
        Map<String, String> ofKind = new HashMap<>(more.getOrDefault(kind, Map.of()));
        ofKind.put(name, value);
        more.put(kind, Map.copyOf(ofKind));
        return new ClusterSettings(
                home, lifetime, layout, workers, workerCapacityBytes, mounts, more);
    }

    Ports.Choice portChoice() {
        return switch (lifetime) {
            case WITH_PARENT -> Ports.Choice.ANY;
            case DETACHED -> Ports.Choice.PREFERRED;
        };
    }
}
