package io.millrace.metadata.policies;

import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Whether what is pinned fits into the cache: bytes in the namespace, times replicas, against the
 * capacity of the workers.
 *
 * <p>What lies below several pinned paths counts once. Each path adds its bytes as often as it has
 * more replicas pinned than the path above it, so that only paths that change this number are added
 * up.
 */
public final class PinBudget {

    private final ToLongFunction<NamespacePath> bytesBelow;
    private final Supplier<Room> room;

    /**
     * @param bytesBelow adds up what lies at and below a path; 0: nothing
     * @param room what there is now
     */
    public PinBudget(ToLongFunction<NamespacePath> bytesBelow, Supplier<Room> room) {
        this.bytesBelow = bytesBelow;
        this.room = room;
    }

    /**
     * What the cache can hold.
     *
     * @param workers that own a part of the ring
     * @param capacityBytes of these together
     */
    public record Room(int workers, long capacityBytes) {}

    /**
     * Passes when {@code more} said of {@code path} pins nothing that does not fit. What is pinned
     * already is not put in question.
     *
     * @throws MillraceException NO_SPACE with the numbers
     */
    void check(PathPolicies policies, NamespacePath path, PathPolicy more) {
        Room now = room.get();
        Map<NamespacePath, PathPolicy> changed = new HashMap<>(policies.byPath());
        changed.merge(path, more, PathPolicy::with);
        Map<NamespacePath, Long> bytes = new HashMap<>();
        PathPolicies after = new PathPolicies(changed);
        long needed = needed(after, now, bytes);
        if (needed <= now.capacityBytes()) {
            return;
        }
        long before = needed(policies, now, bytes);
        if (needed <= before) {
            return;
        }
        int replicas = replicas(after.effective(path), now);
        throw new MillraceException(
                ErrorCode.NO_SPACE,
                "%s cannot be pinned: its %s in %s take %s more, what is pinned already takes %s, and the %s %s together"
                        .formatted(
                                path,
                                size(bytes.computeIfAbsent(path, bytesBelow::applyAsLong)),
                                replicas == 1 ? "1 replica" : replicas + " replicas",
                                size(needed - before),
                                size(before),
                                now.workers() == 1
                                        ? "live worker holds"
                                        : now.workers() + " live workers hold",
                                size(now.capacityBytes())));
    }

    private static ByteCount size(long bytes) {
        return new ByteCount(bytes);
    }

    private long needed(PathPolicies policies, Room now, Map<NamespacePath, Long> bytes) {
        long needed = 0;
        for (NamespacePath path : policies.byPath().keySet()) {
            int more =
                    replicas(policies.effective(path), now)
                            - (path.isRoot()
                                    ? 0
                                    : replicas(policies.effective(path.parent()), now));
            if (more != 0) {
                needed += more * bytes.computeIfAbsent(path, bytesBelow::applyAsLong);
            }
        }
        return needed;
    }

    /** Of what is pinned; 0: it is not. */
    private static int replicas(PathPolicies.Effective effective, Room now) {
        return effective.isPinned()
                ? Math.min(
                        effective.replicasOr(PathPolicy.DEFAULT_REPLICAS),
                        Math.max(1, now.workers()))
                : 0;
    }
}
