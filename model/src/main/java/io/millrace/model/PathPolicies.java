package io.millrace.model;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All policies of the cluster, and what follows from them for any path: each attribute is that of
 * the nearest path at or above it which says it.
 *
 * <p>Immutable. What holds below a path is computed once, when the table is made, and kept in a
 * tree of names, so that a lookup goes down only as far as policies do: it costs a few hash lookups
 * whatever the number of policies and the depth of the path.
 */
public final class PathPolicies {

    /** No path says anything. */
    public static final PathPolicies NONE = new PathPolicies(Map.of());

    private final Map<NamespacePath, PathPolicy> byPath;
    private final Node root;

    /** Names below one path at which, or below which, something is said. */
    private record Node(Map<String, Node> children, Effective effective) {}

    /**
     * A value, and where it comes from.
     *
     * @param origin the path that says it
     */
    public record Origin<T>(T value, NamespacePath origin) {}

    /**
     * What holds for one path. Null: no path at or above it says anything of the attribute.
     *
     * @param quotas of every path at or above this one that has a quota, outermost first: the bytes
     *     of a file count in each of them
     */
    public record Effective(
            @Nullable Origin<Boolean> pinned,
            @Nullable Origin<Duration> ttl,
            @Nullable Origin<Integer> replicas,
            List<Origin<ByteCount>> quotas,
            @Nullable Origin<Integer> priority,
            @Nullable Origin<PathPolicy.Eviction> eviction) {

        static final Effective DEFAULT = new Effective(null, null, null, List.of(), null, null);

        public boolean isPinned() {
            return pinned != null && pinned.value();
        }

        /** How many owners keep the bytes; {@code otherwise} where no path says it. */
        public int replicasOr(int otherwise) {
            return replicas == null ? otherwise : replicas.value();
        }

        /** 0 to 9; 5 where no path says it. */
        public int priorityOrDefault() {
            return priority == null ? PathPolicy.DEFAULT_PRIORITY : priority.value();
        }

        /**
         * Whether bytes last read at {@code lastRead} are to be freed at {@code now}. Pinned bytes
         * never are, whatever TTL they have.
         */
        public boolean isExpired(Instant lastRead, Instant now) {
            return ttl != null && !isPinned() && !lastRead.plus(ttl.value()).isAfter(now);
        }

        private Effective below(NamespacePath path, PathPolicy own) {
            return new Effective(
                    nearest(own.pinned(), path, pinned),
                    nearest(own.ttl(), path, ttl),
                    nearest(own.replicas(), path, replicas),
                    own.quota() == null ? quotas : longer(new Origin<>(own.quota(), path)),
                    nearest(own.priority(), path, priority),
                    nearest(own.eviction(), path, eviction));
        }

        private static <T> @Nullable Origin<T> nearest(
                @Nullable T own, NamespacePath path, @Nullable Origin<T> inherited) {
            return own == null ? inherited : new Origin<>(own, path);
        }

        private List<Origin<ByteCount>> longer(Origin<ByteCount> quota) {
            List<Origin<ByteCount>> longer = new ArrayList<>(quotas);
            longer.add(quota);
            return List.copyOf(longer);
        }
    }

    /** What holds at and below one path, a mount's for example, by keys relative to it. */
    public static final class Scope {

        private final Effective inherited;
        private final @Nullable Node node;

        private Scope(Effective inherited, @Nullable Node node) {
            this.inherited = inherited;
            this.node = node;
        }

        /**
         * What holds for {@code key}.
         *
         * @param key names with {@code /} between them, none before the first; empty: the path of
         *     the scope itself
         */
        public Effective effective(String key) {
            Effective effective = inherited;
            Node at = node;
            int start = 0;
            while (at != null && start < key.length() && !at.children.isEmpty()) {
                int slash = key.indexOf('/', start);
                int end = slash < 0 ? key.length() : slash;
                at = at.children.get(key.substring(start, end));
                if (at != null) {
                    effective = at.effective;
                }
                start = end + 1;
            }
            return effective;
        }
    }

    /**
     * @param byPath what each path says by itself
     */
    public PathPolicies(Map<NamespacePath, PathPolicy> byPath) {
        TreeMap<NamespacePath, PathPolicy> sorted = new TreeMap<>(byPath);
        sorted.values().removeIf(PathPolicy::isEmpty);
        this.byPath = java.util.Collections.unmodifiableMap(sorted);
        PathPolicy atRoot = sorted.getOrDefault(NamespacePath.ROOT, PathPolicy.NONE);
        this.root = new Node(new HashMap<>(), Effective.DEFAULT.below(NamespacePath.ROOT, atRoot));
        // In path order, so that a path comes after all above it.
        sorted.forEach(this::insert);
    }

    private void insert(NamespacePath path, PathPolicy policy) {
        if (path.isRoot()) {
            return;
        }
        Node at = root;
        for (String name : path.parent().components()) {
            Effective inherited = at.effective;
            at = at.children.computeIfAbsent(name, _ -> new Node(new HashMap<>(), inherited));
        }
        at.children.put(path.name(), new Node(new HashMap<>(), at.effective.below(path, policy)));
    }

    /** What each path says by itself, in path order; no path that says nothing. */
    public Map<NamespacePath, PathPolicy> byPath() {
        return byPath;
    }

    /** What {@code path} says by itself. */
    public PathPolicy own(NamespacePath path) {
        return byPath.getOrDefault(path, PathPolicy.NONE);
    }

    /** What holds for {@code path}, and which path says so. */
    public Effective effective(NamespacePath path) {
        return scope(path).inherited;
    }

    /**
     * What holds at and below {@code path}: keep it where keys of one mount are asked for often.
     */
    public Scope scope(NamespacePath path) {
        Effective effective = root.effective;
        Node at = root;
        for (String name : path.components()) {
            at = at.children.get(name);
            if (at == null) {
                return new Scope(effective, null);
            }
            effective = at.effective;
        }
        return new Scope(effective, at);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PathPolicies policies && byPath.equals(policies.byPath);
    }

    @Override
    public int hashCode() {
        return byPath.hashCode();
    }

    @Override
    public String toString() {
        return "policies on " + byPath.size() + " paths";
    }
}
