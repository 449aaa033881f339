package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.mounts.Mount;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When directories are listed again, under each freshness. */
class FreshnessTest {

    private final MemoryBucket bucket = new MemoryBucket();
    private final TestClock clock = new TestClock();
    private TestReplica replica;

    @BeforeEach
    void start() {
        replica = new TestReplica(new TestDatabase(), _ -> bucket, clock, TestReplica.LIMITS);
        bucket.put("a", 1);
    }

    @AfterEach
    void stop() {
        replica.close();
    }

    /** How often the mount's root is listed to be told. */
    private long lists() {
        long before = bucket.lists();
        assertEquals(List.of("a"), replica.names("/m"));
        return bucket.lists() - before;
    }

    @Test
    void eventsThatAreFollowedStandForListingsUntilTheNet() {
        replica.mountWithEvents("/m", "s3://bucket/");
        assertEquals(1, lists());

        clock.advance(Duration.ofMinutes(59));
        assertEquals(0, lists());
        clock.advance(Duration.ofMinutes(1));
        assertEquals(1, lists(), "the net of an hour");
    }

    @Test
    void whatIsToldOfSuchAMountIsBelievedNoLongerThanTheStandardAge() {
        replica.mountWithEvents("/m", "s3://bucket/");
        assertEquals(1, lists());

        long valid = replica.namespace.resolve(NamespacePath.parse("/m/a")).validMillis();

        assertTrue(valid <= TestReplica.MAX_AGE.toMillis(), () -> "valid for " + valid + " ms");
    }

    @Test
    void whileEventsAreNotFollowedAgeHolds() {
        replica.mountWithEvents("/m", "s3://bucket/");
        assertEquals(1, lists());
        replica.eventsFollowed = false;

        clock.advance(TestReplica.MAX_AGE.minusSeconds(1));
        assertEquals(0, lists());
        clock.advance(Duration.ofSeconds(1));
        assertEquals(1, lists());

        replica.eventsFollowed = true;
        clock.advance(TestReplica.MAX_AGE);
        assertEquals(0, lists());
    }

    @Test
    void aMountThatIsDistrustedIsListedAgainOnce() {
        Mount mount = replica.mountWithEvents("/m", "s3://bucket/");
        assertEquals(1, lists());
        clock.advance(Duration.ofSeconds(1));

        replica.mounts.distrust(List.of(mount));

        assertEquals(1, lists());
        assertEquals(0, lists());
    }

    @Test
    void whatNeverChangesIsListedOnce() {
        replica.mountImmutable("/m", "s3://bucket/");
        assertEquals(1, lists());

        clock.advance(Duration.ofDays(400));

        assertEquals(0, lists());
    }
}
