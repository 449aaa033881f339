package io.millrace.client;

import io.millrace.cache.CacheReader;
import io.millrace.cache.CacheReaders;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.BlockId;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.Placement;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The workers, mounts and policies as the watch last told them. Changed by one thread, read by all:
 * what they read is immutable and published by volatile fields.
 */
final class Cluster {

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** Directories of workers that left are still good to read; so many are remembered. */
    private static final int MAX_LOCAL_DIRECTORIES = 64;

    private final String hostId;
    private final Set<Path> localDirectories = new LinkedHashSet<>();
    private volatile View view;
    private volatile CacheReader localCache = CacheReaders.open(List.of());
    private volatile Mounts mounts = Mounts.of(Map.of(), PathPolicies.NONE);

    /**
     * Workers at one epoch.
     *
     * @param localCopies workers of this host that own nothing, by id
     */
    private record View(
            Placement placement, Map<WorkerId, Worker> workers, List<WorkerId> localCopies) {}

    /** Mounts by id, and what policies say below each. */
    private record Mounts(
            Map<Long, Mount> byId, PathPolicies policies, Map<Long, PathPolicies.Scope> scopes) {

        static Mounts of(Map<Long, Mount> byId, PathPolicies policies) {
            return new Mounts(
                    byId,
                    policies,
                    byId.values().stream()
                            .collect(
                                    Collectors.toUnmodifiableMap(
                                            Mount::getId,
                                            mount ->
                                                    policies.scope(
                                                            NamespacePath.parse(
                                                                    mount.getPath())))));
        }
    }

    Cluster(@Nullable String hostId) {
        this.hostId = hostId == null ? bootId() : hostId;
        this.view = new View(new Ring(0, 1, List.of()).placement(), Map.of(), List.of());
    }

    Placement placement() {
        return view.placement();
    }

    Optional<Worker> worker(WorkerId id) {
        return Optional.ofNullable(view.workers().get(id));
    }

    /** The worker of this host that owns nothing and keeps local copies of {@code block}. */
    Optional<WorkerId> localWorker(BlockId block) {
        List<WorkerId> local = view.localCopies();
        return local.isEmpty()
                ? Optional.empty()
                : Optional.of(local.get(block.slot(local.size())));
    }

    /** Workers in the ring. */
    List<Worker> workers() {
        return List.copyOf(view.workers().values());
    }

    CacheReader localCache() {
        return localCache;
    }

    List<Path> localDirectories() {
        return localCache.directories();
    }

    Optional<Mount> mount(long mountId) {
        return Optional.ofNullable(mounts.byId().get(mountId));
    }

    BlockLayout blockLayout(long mountId) {
        return mount(mountId).map(Messages::blockLayout).orElse(BlockLayout.DEFAULT);
    }

    /** How many owners keep the bytes of {@code file}: 1 where no path says it. */
    int replicas(FileSource file) {
        PathPolicies.Scope scope = mounts.scopes().get(file.mountId());
        return scope == null ? 1 : scope.effective(file.key()).replicasOr(1);
    }

    void ring(io.millrace.contracts.v1.Ring message) {
        Ring ring = Messages.fromMessage(message);
        Map<WorkerId, Worker> workers =
                message.getWorkersList().stream()
                        .filter(worker -> worker.getState() != WorkerState.WORKER_STATE_LOST)
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        worker -> new WorkerId(worker.getId()), worker -> worker));
        view = new View(ring.placement(), workers, localCopies(workers));
        List<Path> found = new ArrayList<>();
        for (Worker worker : message.getWorkersList()) {
            if (worker.getHostId().equals(hostId)) {
                worker.getCacheDirectoriesList().forEach(path -> found.add(Path.of(path)));
            }
        }
        if (localDirectories.size() < MAX_LOCAL_DIRECTORIES && localDirectories.addAll(found)) {
            localCache = CacheReaders.open(List.copyOf(localDirectories));
        }
    }

    private List<WorkerId> localCopies(Map<WorkerId, Worker> workers) {
        return workers.values().stream()
                .filter(worker -> worker.getHostId().equals(hostId) && worker.getWeight() == 0)
                .filter(worker -> worker.getState() != WorkerState.WORKER_STATE_DRAINING)
                .map(worker -> new WorkerId(worker.getId()))
                .sorted()
                .toList();
    }

    void mounts(List<Mount> table) {
        mounts =
                Mounts.of(
                        table.stream().collect(Collectors.toUnmodifiableMap(Mount::getId, m -> m)),
                        mounts.policies());
    }

    void policies(PathPolicies policies) {
        mounts = Mounts.of(mounts.byId(), policies);
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, BOOT_ID + " cannot be read: it names this host", e);
        }
    }
}
