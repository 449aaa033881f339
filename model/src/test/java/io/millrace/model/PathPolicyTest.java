package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathPolicyTest {

    private static final PathPolicy FULL =
            new PathPolicy(
                    true, Duration.ofHours(1), 3, new ByteCount(1), 9, PathPolicy.Eviction.S3_FIFO);

    @Test
    void boundsAreInside() {
        assertEquals(1, replicas(1).replicas());
        assertEquals(16, replicas(16).replicas());
        assertEquals(0, priority(0).priority());
        assertEquals(9, priority(9).priority());
        assertEquals(Duration.ofSeconds(1), ttl(Duration.ofSeconds(1)).ttl());
        assertEquals(Duration.ofDays(3650), ttl(Duration.ofDays(3650)).ttl());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 17})
    void replicasOutOfBoundsAreRefused(int replicas) {
        assertRefused("replicas", () -> replicas(replicas));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 10})
    void prioritiesOutOfBoundsAreRefused(int priority) {
        assertRefused("priority", () -> priority(priority));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 999, 3650L * 86_400_000 + 1})
    void timesOutOfBoundsAreRefused(long millis) {
        assertRefused("ttl", () -> ttl(Duration.ofMillis(millis)));
    }

    @Test
    void aPinIsTakenBackNotDenied() {
        assertRefused("pinned", () -> new PathPolicy(false, null, null, null, null, null));
    }

    @Test
    void aQuotaOfNothingIsRefused() {
        assertRefused(
                "quota", () -> new PathPolicy(null, null, null, new ByteCount(0), null, null));
    }

    @Test
    void aSecondPolicyOverwritesOnlyWhatItSays() {
        PathPolicy both = FULL.with(replicas(2));

        assertEquals(2, both.replicas());
        assertEquals(FULL.ttl(), both.ttl());
        assertEquals(FULL, FULL.with(PathPolicy.NONE));
        assertEquals(FULL, PathPolicy.NONE.with(FULL));
    }

    @ParameterizedTest
    @EnumSource
    void eachAttributeCanBeTakenOutAlone(PathPolicy.Attribute attribute) {
        PathPolicy without = FULL.without(attribute);

        for (PathPolicy.Attribute each : PathPolicy.Attribute.values()) {
            assertTrue(FULL.says(each));
            assertEquals(each != attribute, without.says(each), each.text());
        }
        assertEquals(FULL, without.with(FULL));
    }

    @Test
    void whatSaysNothingIsEmpty() {
        PathPolicy policy = FULL;
        for (PathPolicy.Attribute attribute : PathPolicy.Attribute.values()) {
            assertFalse(policy.isEmpty());
            policy = policy.without(attribute);
        }

        assertTrue(policy.isEmpty());
    }

    @Test
    void namesAreReadBackAndOthersRefused() {
        for (PathPolicy.Eviction eviction : PathPolicy.Eviction.values()) {
            assertEquals(eviction, PathPolicy.Eviction.parse(eviction.text()));
        }
        for (PathPolicy.Attribute attribute : PathPolicy.Attribute.values()) {
            assertEquals(attribute, PathPolicy.Attribute.parse(attribute.text()));
        }
        assertRefused("LRU", () -> PathPolicy.Eviction.parse("LRU"));
        assertRefused("pin", () -> PathPolicy.Attribute.parse("pin"));
    }

    private static void assertRefused(String subject, Executable action) {
        MillraceException refused = assertThrows(MillraceException.class, action);
        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        assertTrue(refused.getMessage().contains(subject), refused.getMessage());
    }

    private static PathPolicy replicas(int replicas) {
        return new PathPolicy(null, null, replicas, null, null, null);
    }

    private static PathPolicy priority(int priority) {
        return new PathPolicy(null, null, null, null, priority, null);
    }

    private static PathPolicy ttl(Duration ttl) {
        return new PathPolicy(null, ttl, null, null, null, null);
    }
}
