package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PathPoliciesTest {

    private static final NamespacePath DATA = NamespacePath.parse("/data");
    private static final NamespacePath TRAIN = NamespacePath.parse("/data/a/train");

    @Test
    void whatNoPathSaysHasItsDefault() {
        PathPolicies.Effective effective = PathPolicies.NONE.effective(TRAIN);

        assertFalse(effective.isPinned());
        assertNull(effective.ttl());
        assertEquals(2, effective.replicasOr(2));
        assertEquals(List.of(), effective.quotas());
        assertEquals(5, effective.priorityOrDefault());
        assertNull(effective.eviction());
    }

    @Test
    void eachAttributeComesFromTheNearestPathThatSaysIt() {
        PathPolicies policies =
                new PathPolicies(
                        Map.of(
                                DATA, policy(true, 3, 7),
                                TRAIN, policy(null, 1, null)));

        PathPolicies.Effective effective = policies.effective(TRAIN.child("x.jpg"));

        assertEquals(new PathPolicies.Origin<>(true, DATA), effective.pinned());
        assertEquals(new PathPolicies.Origin<>(1, TRAIN), effective.replicas());
        assertEquals(new PathPolicies.Origin<>(7, DATA), effective.priority());
    }

    @Test
    void namesAreComparedWholeNotByTheirBeginning() {
        PathPolicies policies = new PathPolicies(Map.of(DATA, policy(true, null, null)));

        assertTrue(policies.effective(DATA).isPinned());
        assertFalse(policies.effective(NamespacePath.parse("/data2")).isPinned());
        assertFalse(policies.effective(NamespacePath.parse("/dat")).isPinned());
    }

    @Test
    void theRootMayHaveAPolicy() {
        PathPolicies policies = new PathPolicies(Map.of(NamespacePath.ROOT, policy(null, null, 8)));

        assertEquals(8, policies.effective(TRAIN).priorityOrDefault());
        assertEquals(8, policies.scope(DATA).effective("a/train/x").priorityOrDefault());
    }

    @Test
    void keysBelowAMountAreFoundLikeTheirPaths() {
        PathPolicies policies =
                new PathPolicies(Map.of(DATA, policy(null, 2, null), TRAIN, policy(true, 1, 1)));

        PathPolicies.Scope mount = policies.scope(DATA);

        assertSame(policies.effective(TRAIN.child("x")), mount.effective("a/train/x"));
        assertSame(policies.effective(DATA), mount.effective("a/trainx"));
        assertSame(policies.effective(DATA), mount.effective(""));
        assertSame(
                policies.effective(NamespacePath.parse("/other")),
                policies.scope(NamespacePath.parse("/other")).effective("a/train/x"));
    }

    @Test
    void everyQuotaOnTheWayDownCounts() {
        PathPolicies policies = new PathPolicies(Map.of(DATA, quota(100), TRAIN, quota(10)));

        assertEquals(
                List.of(
                        new PathPolicies.Origin<>(new ByteCount(100), DATA),
                        new PathPolicies.Origin<>(new ByteCount(10), TRAIN)),
                policies.effective(TRAIN.child("x")).quotas());
    }

    @Test
    void bytesExpireAtTheirTtlUnlessTheyArePinned() {
        PathPolicy hour = new PathPolicy(null, Duration.ofHours(1), null, null, null, null);
        PathPolicies policies =
                new PathPolicies(Map.of(DATA, hour, TRAIN, policy(true, null, null)));
        Instant read = Instant.parse("2026-01-01T00:00:00Z");

        PathPolicies.Effective data = policies.effective(DATA.child("x"));

        assertFalse(data.isExpired(read, read.plusMillis(3_599_999)));
        assertTrue(data.isExpired(read, read.plusSeconds(3600)));
        assertFalse(policies.effective(TRAIN).isExpired(read, read.plusSeconds(7200)));
        assertFalse(PathPolicies.NONE.effective(DATA).isExpired(read, Instant.MAX));
    }

    @Test
    void pathsThatSayNothingAreNotKept() {
        PathPolicies policies =
                new PathPolicies(Map.of(DATA, PathPolicy.NONE, TRAIN, policy(true, null, null)));

        assertEquals(List.of(TRAIN), List.copyOf(policies.byPath().keySet()));
        assertEquals(PathPolicy.NONE, policies.own(DATA));
    }

    @Test
    void anyTableAnswersAsAWalkUpThePathWould() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            Map<NamespacePath, PathPolicy> byPath = new HashMap<>();
            int count = random.nextInt(12);
            for (int i = 0; i < count; i++) {
                byPath.put(
                        path(random),
                        policy(
                                random.nextInt(3) == 0 ? true : null,
                                random.nextBoolean() ? 1 + random.nextInt(16) : null,
                                random.nextBoolean() ? random.nextInt(10) : null));
            }
            PathPolicies policies = new PathPolicies(byPath);
            for (int i = 0; i < 50; i++) {
                NamespacePath path = path(random);
                PathPolicies.Effective effective = policies.effective(path);
                String where = "seed " + seed + ", " + path + " in " + byPath;
                assertEquals(nearest(byPath, path, Pick.PINNED), effective.pinned(), where);
                assertEquals(nearest(byPath, path, Pick.REPLICAS), effective.replicas(), where);
                assertEquals(nearest(byPath, path, Pick.PRIORITY), effective.priority(), where);
                int cut = random.nextInt(path.components().size() + 1);
                NamespacePath mount = new NamespacePath(path.components().subList(0, cut));
                String key =
                        String.join("/", path.components().subList(cut, path.components().size()));
                assertEquals(effective, policies.scope(mount).effective(key), where);
            }
        }
    }

    private enum Pick {
        PINNED,
        REPLICAS,
        PRIORITY;

        @Nullable Object of(PathPolicy policy) {
            return switch (this) {
                case PINNED -> policy.pinned();
                case REPLICAS -> policy.replicas();
                case PRIORITY -> policy.priority();
            };
        }
    }

    private static PathPolicies.@Nullable Origin<?> nearest(
            Map<NamespacePath, PathPolicy> byPath, NamespacePath path, Pick pick) {
        NamespacePath at = path;
        while (true) {
            Object said = pick.of(byPath.getOrDefault(at, PathPolicy.NONE));
            if (said != null) {
                return new PathPolicies.Origin<>(said, at);
            }
            if (at.isRoot()) {
                return null;
            }
            at = at.parent();
        }
    }

    private static NamespacePath path(Random random) {
        List<String> names = new ArrayList<>();
        int depth = random.nextInt(5);
        for (int i = 0; i < depth; i++) {
            names.add("ab".substring(random.nextInt(2)).repeat(1 + random.nextInt(2)));
        }
        return new NamespacePath(names);
    }

    private static PathPolicy policy(
            @Nullable Boolean pinned, @Nullable Integer replicas, @Nullable Integer priority) {
        return new PathPolicy(pinned, null, replicas, null, priority, null);
    }

    private static PathPolicy quota(long bytes) {
        return new PathPolicy(null, null, null, new ByteCount(bytes), null, null);
    }
}
