package io.millrace.metadata.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.mounts.Mount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which keys of which mounts a batch of events makes the applier look at. */
class EventApplierTest {

    private final TestClock clock = new TestClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> looks = Collections.synchronizedList(new ArrayList<>());
    private TestReplica replica;

    @BeforeEach
    void start() {
        replica =
                new TestReplica(
                        new TestDatabase(), _ -> new MemoryBucket(), clock, TestReplica.LIMITS);
    }

    @AfterEach
    void stop() {
        replica.close();
    }

    private EventApplier applier(EventApplier.Target target) {
        return new EventApplier(
                replica.mounts,
                target,
                task -> Thread.ofVirtual().start(task),
                2,
                clock,
                new EventMetrics(registry));
    }

    private void note(Mount mount, String key, boolean there) {
        looks.add(mount.path() + ":" + key + (there ? "" : "?"));
    }

    private BucketChange change(String bucket, String key, BucketChange.What what) {
        return new BucketChange(bucket, key, what, clock.instant(), Optional.empty());
    }

    private BucketChange put(String bucket, String key) {
        return change(bucket, key, new BucketChange.What.Put("etag", 1));
    }

    private List<String> sortedLooks() {
        return looks.stream().sorted().toList();
    }

    @Test
    void everyMountOverTheKeyIsLookedAtOnceForABatch() {
        replica.mountWithEvents("/all", "s3://bucket/");
        replica.mountWithEvents("/part", "s3://bucket/set/");
        replica.mount("/aged", "s3://bucket/set/");
        replica.mountImmutable("/still", "s3://bucket/set/");
        replica.mountWithEvents("/other", "s3://other/");

        applier(this::note)
                .apply(
                        List.of(
                                put("bucket", "set/a"),
                                change("bucket", "set/a", new BucketChange.What.Removed()),
                                put("bucket", "set/a"),
                                put("bucket", "elsewhere"),
                                put("unknown", "set/a")));

        assertEquals(
                List.of("/aged:a?", "/all:elsewhere", "/all:set/a?", "/part:a?"), sortedLooks());
        assertEquals(1, registry.counter("millrace.metadata.events.outside").count());
    }

    @Test
    void aMountWhoseBucketDoesNotAnswerIsDistrustedAndHoldsNoOtherUp() {
        Mount silent = replica.mountWithEvents("/silent", "s3://silent/");
        Mount well = replica.mountWithEvents("/well", "s3://well/");
        clock.advance(Duration.ofSeconds(1));
        List<BucketChange> changes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            changes.add(put("silent", "k" + i));
            changes.add(put("well", "k" + i));
        }

        applier(
                        (mount, key, there) -> {
                            if (mount.path().equals(silent.path())) {
                                throw new MillraceException(ErrorCode.UNAVAILABLE, "no answer");
                            }
                            note(mount, key, there);
                        })
                .apply(changes);

        assertEquals(20, looks.size());
        assertEquals(
                clock.millis(), replica.mounts.byId(silent.id()).orElseThrow().trustedFromMillis());
        assertEquals(0, replica.mounts.byId(well.id()).orElseThrow().trustedFromMillis());
    }

    @Test
    void whenTheDatabaseIsAwayTheBatchIsToBeAppliedAgain() {
        Mount mount = replica.mountWithEvents("/m", "s3://bucket/");

        MillraceException failed =
                assertThrows(
                        MillraceException.class,
                        () ->
                                applier(
                                                (_, _, _) -> {
                                                    throw new MillraceException(
                                                            ErrorCode.UNAVAILABLE,
                                                            "away",
                                                            new SQLException("away"));
                                                })
                                        .apply(List.of(put("bucket", "k"))));

        assertEquals("away", failed.getMessage());
        assertEquals(0, replica.mounts.byId(mount.id()).orElseThrow().trustedFromMillis());
    }
}
