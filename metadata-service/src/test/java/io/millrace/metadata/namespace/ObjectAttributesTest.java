package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.ObjectAttributes;
import io.millrace.understore.ObjectStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a mount with object-attributes knows of its objects, and what it asks the bucket for it. */
class ObjectAttributesTest {

    private static final ObjectAttributes PRIVATE =
            new ObjectAttributes(4_294_967_294L, 100L, 0600, 1_700_000_000_123L);
    private static final ObjectAttributes SHARED = new ObjectAttributes(0L, null, 0644, null);

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase shared;

    private final MemoryBucket bucket = new MemoryBucket();
    private final TestClock clock = new TestClock();

    @SuppressWarnings("NullAway.Init")
    private TestReplica replica;

    @BeforeAll
    static void startPostgres() {
        shared = new TestDatabase();
    }

    @BeforeEach
    void mount() {
        replica = new TestReplica(shared, _ -> bucket, clock, TestReplica.LIMITS);
        replica.mountWithAttributes("/m", "s3://bucket/");
    }

    @AfterEach
    void unmount() {
        replica.mounts.remove(NamespacePath.parse("/m"));
        replica.reapAll();
        replica.close();
    }

    private Inode.File file(String path) {
        return (Inode.File) replica.inode(path);
    }

    private List<String> hidden() {
        return replica.namespace.hiddenKeys(Optional.empty(), "", 0).keys().stream()
                .map(Namespace.HiddenKey::key)
                .toList();
    }

    private void put(String key, ObjectAttributes attributes) {
        bucket.put(key, 1);
        bucket.describe(key, attributes);
    }

    @Test
    void aFileHasWhatItsObjectSaysAndTheBucketsTimeWhereItSaysNone() {
        put("private", PRIVATE);
        put("shared", SHARED);
        bucket.put("silent", 1);

        assertEquals(PRIVATE, file("/m/private").attributes());
        assertEquals(1_700_000_000_123L, file("/m/private").modifiedMillis());
        assertEquals(SHARED, file("/m/shared").attributes());
        assertEquals(
                bucket.stat("shared").orElseThrow().modified().toEpochMilli(),
                file("/m/shared").modifiedMillis());
        assertEquals(ObjectAttributes.NONE, file("/m/silent").attributes());
    }

    @Test
    void aMountWithoutTheOptionAsksForNothing() {
        replica.mount("/plain", "s3://bucket/");
        put("x", PRIVATE);

        assertEquals(ObjectAttributes.NONE, file("/plain/x").attributes());
        assertEquals(0, bucket.stats());
        replica.mounts.remove(NamespacePath.parse("/plain"));
    }

    @Test
    void onlyWhatIsNewOrChangedIsLookedAtAgain() {
        for (int i = 0; i < 50; i++) {
            put("x" + i, PRIVATE);
        }
        replica.names("/m");
        assertEquals(50, bucket.stats());

        put("x7", SHARED);
        put("new", SHARED);
        clock.advance(TestReplica.MAX_AGE);
        replica.names("/m");

        assertEquals(52, bucket.stats());
        assertEquals(SHARED, file("/m/x7").attributes());
        assertEquals(SHARED, file("/m/new").attributes());
        assertEquals(PRIVATE, file("/m/x8").attributes());
    }

    @Test
    void metadataThatChangesAloneIsSeenAndToldAndLeavesTheFileVersion() {
        put("x", PRIVATE);
        Inode.File before = file("/m/x");
        long told = TestDatabase.number(replica.database, "SELECT count(*) FROM metadata.change");

        bucket.describe("x", SHARED);
        clock.advance(TestReplica.MAX_AGE);
        Inode.File after = file("/m/x");

        assertEquals(SHARED, after.attributes());
        assertNotEquals(before.modifiedMillis(), after.modifiedMillis());
        assertEquals(before.id(), after.id());
        assertEquals(before.source(), after.source());
        assertEquals(
                told + 1,
                TestDatabase.number(replica.database, "SELECT count(*) FROM metadata.change"));
    }

    @Test
    void anObjectThatSaysNothingAnyMoreHasNothing() {
        put("x", PRIVATE);
        replica.inode("/m/x");

        bucket.put("x", 2);
        clock.advance(TestReplica.MAX_AGE);

        assertEquals(ObjectAttributes.NONE, file("/m/x").attributes());
    }

    @Test
    void anObjectThatVanishesAfterItWasListedIsNotThereAndHoldsUpNoOther() {
        put("a", PRIVATE);
        put("b", PRIVATE);
        bucket.beforeStat(key -> {
            if (key.equals("a")) {
                bucket.delete("a");
            }
        });

        assertEquals(List.of("b"), replica.names("/m"));
    }

    @Test
    void anObjectThatIsReplacedAfterItWasListedIsShownAsItIsThen() {
        put("a", PRIVATE);
        bucket.beforeStat(_ -> {
            bucket.put("a", 5);
            bucket.describe("a", SHARED);
        });

        Inode.File file = file("/m/a");

        assertEquals(SHARED, file.attributes());
        assertEquals(5, file.source().length());
        assertEquals(
                Optional.of(file.source().objectVersion()),
                Optional.ofNullable(bucket.objects().get("a")).map(ObjectStatus::objectVersion));
    }

    @Test
    void anObjectThatMayNotBeAskedForIsHiddenUntilItMay() {
        put("a", PRIVATE);
        put("b", PRIVATE);
        bucket.beforeStat(key -> {
            if (key.equals("a")) {
                throw new MillraceException(ErrorCode.PERMISSION_DENIED, "not for us");
            }
        });

        assertEquals(List.of("b"), replica.names("/m"));
        assertEquals(List.of("a"), hidden());

        bucket.beforeStat(_ -> {});
        clock.advance(TestReplica.MAX_AGE);
        assertEquals(PRIVATE, file("/m/a").attributes());
        assertEquals(List.of(), hidden());
    }

    @Test
    void aBucketThatBreaksHalfWayFailsTheListingAndWhatWasReadIsNotAskedForAgain()
            throws InterruptedException {
        bucket.pageKeys(10);
        for (int i = 0; i < 30; i++) {
            put("x%02d".formatted(i), PRIVATE);
        }
        bucket.beforeStat(key -> {
            if (key.equals("x25")) {
                throw new MillraceException(ErrorCode.BUSY, "slow down");
            }
        });

        MillraceException failed = assertThrows(MillraceException.class, () -> replica.names("/m"));
        assertEquals(ErrorCode.BUSY, failed.code());
        long asked = bucket.stats();
        bucket.beforeStat(_ -> {});
        TimeUnit.MILLISECONDS.sleep(TestReplica.LIMITS.failurePause().toMillis());

        assertEquals(30, replica.names("/m").size());
        assertEquals(10, bucket.stats() - asked);
        assertEquals(PRIVATE, file("/m/x25").attributes());
    }

    @Test
    void noMoreAreAskedForAtOnceThanTheSettingAllows() {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            put("d%d/x%d".formatted(i % 5, i), PRIVATE);
        }
        bucket.beforeStat(_ -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            Thread.yield();
            now.decrementAndGet();
        });

        assertEquals(100, replica.walk("/m", 1_000).size());

        assertEquals(100, bucket.stats());
        assertTrue(most.get() <= TestReplica.LIMITS.concurrentAttributeReads(), most::toString);
    }

    @Test
    void aReplicaThatReadsForLongerThanItsLeaseKeepsItsClaim() throws Exception {
        Namespace.Limits limits = TestReplica.LIMITS;
        Namespace.Limits shortLease =
                new Namespace.Limits(
                        limits.concurrentListings(),
                        limits.concurrentAttributeReads(),
                        limits.listingStall(),
                        limits.listingWait(),
                        Duration.ofMillis(400),
                        limits.failurePause(),
                        limits.staleValid(),
                        limits.aboveMountsValid(),
                        limits.walkTime(),
                        limits.usageTime());
        try (TestReplica one = new TestReplica(shared, _ -> bucket, clock, shortLease);
                TestReplica other = new TestReplica(shared, _ -> bucket, clock, shortLease)) {
            put("x", PRIVATE);
            Semaphore entered = new Semaphore(0);
            Semaphore leave = new Semaphore(0);
            bucket.beforeStat(_ -> {
                entered.release();
                leave.acquireUninterruptibly();
            });
            Set<Thread> asking = ConcurrentHashMap.newKeySet();
            asking.add(Thread.ofVirtual().start(() -> one.inode("/m/x")));
            entered.acquire();
            AtomicBoolean found = new AtomicBoolean();
            asking.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                other.inode("/m/x");
                                found.set(true);
                            }));

            boolean second = entered.tryAcquire(1_500, TimeUnit.MILLISECONDS);
            leave.release(10);
            for (Thread thread : asking) {
                thread.join();
            }

            assertEquals(false, second);
            assertTrue(found.get());
            assertEquals(1, bucket.stats());
        }
    }
}
