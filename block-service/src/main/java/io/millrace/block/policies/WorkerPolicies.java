package io.millrace.block.policies;

import io.millrace.block.known.Directory;
import io.millrace.block.known.KnownFiles;
import io.millrace.contracts.v1.Mount;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What holds for a file, by its mount and key, as this worker last heard the mounts and the
 * policies. Safe for many threads: everything is computed when a table comes, and read from one
 * reference. Until it has heard both, nothing is wanted of anything.
 */
public final class WorkerPolicies {

    private static final PathPolicies.Effective DEFAULT =
            PathPolicies.NONE.effective(NamespacePath.ROOT);

    private final Object writers = new Object();
    private volatile State state = State.of(Map.of(), PathPolicies.NONE);

    /** A policy on a name in a directory, which may be a file. */
    private record Named(int nameHash, PathPolicies.Effective effective) {}

    private record State(
            Map<Long, NamespacePath> mounts,
            PathPolicies policies,
            Map<Long, PathPolicies.Scope> scopes,
            Map<Directory, List<Named>> named,
            boolean hasTtl,
            boolean hasQuota) {

        static State of(Map<Long, NamespacePath> mounts, PathPolicies policies) {
            Map<Long, PathPolicies.Scope> scopes = new HashMap<>();
            Map<Directory, List<Named>> named = new HashMap<>();
            mounts.forEach((id, mount) -> {
                scopes.put(id, policies.scope(mount));
                for (NamespacePath path : policies.byPath().keySet()) {
                    int above = mount.components().size();
                    if (path.components().size() > above && path.startsWith(mount)) {
                        List<String> key =
                                path.components().subList(above, path.components().size());
                        String directory = String.join("/", key.subList(0, key.size() - 1));
                        named.computeIfAbsent(new Directory(id, directory), _ -> new ArrayList<>())
                                .add(
                                        new Named(
                                                KnownFiles.nameHash(path.name()),
                                                policies.effective(path)));
                    }
                }
            });
            boolean ttl =
                    policies.byPath().values().stream().anyMatch(policy -> policy.ttl() != null);
            boolean quota =
                    policies.byPath().values().stream().anyMatch(policy -> policy.quota() != null);
            return new State(mounts, policies, scopes, named, ttl, quota);
        }
    }

    /** Takes over the mount table. */
    public void mounts(List<Mount> mounts) {
        Map<Long, NamespacePath> paths = new HashMap<>();
        mounts.forEach(mount -> paths.put(mount.getId(), NamespacePath.parse(mount.getPath())));
        synchronized (writers) {
            if (!paths.equals(state.mounts())) {
                state = State.of(Map.copyOf(paths), state.policies());
            }
        }
    }

    /** Takes over the policies. */
    public void policies(PathPolicies policies) {
        synchronized (writers) {
            state = State.of(state.mounts(), policies);
        }
    }

    /** What holds for the object {@code key} of a mount. */
    public PathPolicies.Effective effective(long mountId, String key) {
        PathPolicies.Scope scope = state.scopes().get(mountId);
        return scope == null ? DEFAULT : scope.effective(key);
    }

    /** What holds for a file of which only a hash of the name is known. */
    PathPolicies.Effective effective(Directory directory, int nameHash) {
        State now = state;
        for (Named named : now.named().getOrDefault(directory, List.of())) {
            if (named.nameHash() == nameHash) {
                return named.effective();
            }
        }
        PathPolicies.Scope scope = now.scopes().get(directory.mountId());
        return scope == null ? DEFAULT : scope.effective(directory.path());
    }

    /** Another object after each change. */
    Object state() {
        return state;
    }

    /** Whether any path has a quota. */
    boolean hasQuota() {
        return state.hasQuota();
    }

    /** Whether any path has a TTL. */
    boolean hasTtl() {
        return state.hasTtl();
    }
}
