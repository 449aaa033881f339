package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Listing, age, and what happens when the bucket or another replica gets in the way. */
class NamespaceTest {

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase shared;

    private final MemoryBucket bucket = new MemoryBucket();
    private final TestClock clock = new TestClock();
    private final List<TestReplica> replicas = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private TestReplica replica;

    @BeforeAll
    static void startPostgres() {
        shared = new TestDatabase();
    }

    @BeforeEach
    void mount() {
        replica = replica(TestReplica.LIMITS);
        replica.mount("/m", "s3://bucket/");
    }

    @AfterEach
    void unmount() {
        bucket.beforeList(() -> {});
        replica.mounts.remove(NamespacePath.parse("/m"));
        replica.reapAll();
        assertEquals(
                1, TestDatabase.number(replica.database, "SELECT count(*) FROM metadata.inode"));
        replicas.forEach(TestReplica::close);
    }

    private TestReplica replica(io.millrace.metadata.namespace.Namespace.Limits limits) {
        TestReplica made = new TestReplica(shared, _ -> bucket, clock, limits);
        replicas.add(made);
        return made;
    }

    private static Namespace.Limits limits(Duration stall, Duration longest) {
        Namespace.Limits l = TestReplica.LIMITS;
        return new Namespace.Limits(
                l.concurrentListings(),
                l.concurrentAttributeReads(),
                stall,
                longest,
                l.claimLease(),
                Duration.ofSeconds(30),
                l.staleValid(),
                l.aboveMountsValid(),
                l.walkTime(),
                l.usageTime());
    }

    @Test
    void aKnownDirectoryAsksTheBucketNothingUntilItIsTooOld() {
        bucket.put("d/x", 1);
        replica.inode("/m/d/x");
        long asked = bucket.lists();

        clock.advance(TestReplica.MAX_AGE.minusMillis(1));
        Namespace.Resolved resolved = replica.namespace.resolve(NamespacePath.parse("/m/d/x"));
        replica.names("/m/d");
        assertEquals(asked, bucket.lists());
        assertEquals(1, resolved.validMillis());

        clock.advance(Duration.ofMillis(1));
        replica.inode("/m/d/x");
        assertEquals(asked + 2, bucket.lists());
    }

    @Test
    void aChangedFileKeepsItsInodeAndGetsAnotherSource() {
        bucket.put("x", 1);
        Inode.File before = (Inode.File) replica.inode("/m/x");
        bucket.put("x", 1);
        clock.advance(TestReplica.MAX_AGE);

        Inode.File after = (Inode.File) replica.inode("/m/x");

        assertEquals(before.id(), after.id());
        assertNotEquals(before.source().fileVersion(), after.source().fileVersion());
    }

    @Test
    void anUnchangedDirectoryIsListedAgainWithoutAWrite() {
        for (int i = 0; i < 100; i++) {
            bucket.put("x" + i, 1);
        }
        replica.names("/m");
        String written =
                "SELECT count(*) FROM metadata.inode WHERE xmin::text::bigint >"
                        + " (SELECT max(xmin::text::bigint) FROM metadata.mount) AND kind = 1";
        long first = TestDatabase.number(replica.database, written);
        long xmins =
                TestDatabase.number(
                        replica.database,
                        "SELECT sum(xmin::text::bigint) FROM metadata.inode WHERE kind = 1");
        clock.advance(TestReplica.MAX_AGE);

        replica.names("/m");

        assertEquals(100, first);
        assertEquals(
                xmins,
                TestDatabase.number(
                        replica.database,
                        "SELECT sum(xmin::text::bigint) FROM metadata.inode WHERE kind = 1"));
    }

    @Test
    void aHundredThousandEntriesAreListedAndReadInPages() {
        int count = 100_000;
        for (int i = 0; i < count; i++) {
            bucket.put("big/%06d.jpg".formatted(i), 1);
        }

        replica.inode("/m/big");
        long asked = bucket.lists();
        List<Inode> entries = replica.entries("/m/big", 10_000);

        assertEquals(count, entries.size());
        assertEquals("000000.jpg", entries.getFirst().name());
        assertEquals("099999.jpg", entries.getLast().name());
        assertEquals(100, bucket.lists() - asked);
        assertEquals(count, replica.namespace.usage(NamespacePath.parse("/m")).bytes());
        assertEquals(count, replica.walk("/m", 10_000).size());
        bucket.delete("big/050000.jpg");
        bucket.put("big/050000a.jpg", 1);
        clock.advance(TestReplica.MAX_AGE);
        List<String> names = replica.names("/m/big");
        assertEquals(count, names.size());
        assertEquals("050000a.jpg", names.get(50_000));
    }

    @Test
    void replicasThatRaceForADirectoryListItOnceAndAgree() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            bucket.put("d/%04d".formatted(i), 1);
        }
        bucket.pageKeys(100);
        TestReplica other = replica(TestReplica.LIMITS);
        replica.inode("/m/d");
        long asked = bucket.lists();
        int callers = 8;
        CyclicBarrier together = new CyclicBarrier(callers);
        List<Callable<Set<Long>>> tasks = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            TestReplica mine = i % 2 == 0 ? replica : other;
            tasks.add(() -> {
                together.await(10, TimeUnit.SECONDS);
                Set<Long> ids = new HashSet<>();
                mine.entries("/m/d", 500).forEach(entry -> ids.add(entry.id()));
                return ids;
            });
        }

        Set<Set<Long>> answers = new HashSet<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Set<Long>> answer : executor.invokeAll(tasks)) {
                answers.add(answer.get(30, TimeUnit.SECONDS));
            }
        }

        assertEquals(1, answers.size());
        assertEquals(2_000, answers.iterator().next().size());
        assertEquals(20, bucket.lists() - asked);
    }

    @Test
    void aBucketThatFailsLeavesWhatWasKnown() {
        bucket.put("d/x", 1);
        bucket.put("e/y", 1);
        replica.inode("/m/d/x");
        clock.advance(TestReplica.MAX_AGE);
        bucket.beforeList(() -> {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the bucket is away");
        });

        Namespace.Resolved known = replica.namespace.resolve(NamespacePath.parse("/m/d/x"));
        MillraceException unknown =
                assertThrows(MillraceException.class, () -> replica.inode("/m/e/y"));

        assertTrue(known.found());
        assertEquals(1_000, known.validMillis());
        assertEquals(ErrorCode.UNAVAILABLE, unknown.code());
        assertEquals("the bucket is away", unknown.getMessage());
        assertTrue(replica.registry.counter("millrace.metadata.answers.stale").count() > 0);
    }

    @Test
    void aBucketThatIsGoneIsNotAnEmptyDirectory() {
        bucket.put("e/y", 1);
        replica.inode("/m/e");
        bucket.beforeList(() -> {
            throw new MillraceException(ErrorCode.NOT_FOUND, "bucket b is not there");
        });

        MillraceException failure =
                assertThrows(MillraceException.class, () -> replica.inode("/m/e/y"));

        assertEquals(ErrorCode.UNAVAILABLE, failure.code());
    }

    @Test
    void aFailedBucketIsNotAskedByEveryCall() {
        bucket.put("e/y", 1);
        replica.inode("/m/e");
        bucket.beforeList(() -> {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "away");
        });
        assertThrows(MillraceException.class, () -> replica.inode("/m/e/y"));
        long asked = bucket.lists();

        TestReplica patient = replica(limits(Duration.ofSeconds(1), Duration.ofSeconds(5)));
        assertThrows(MillraceException.class, () -> patient.inode("/m/e/y"));
        assertThrows(MillraceException.class, () -> patient.inode("/m/e/y"));
        assertThrows(MillraceException.class, () -> patient.inode("/m/e/z"));

        assertEquals(asked + 1, bucket.lists());
    }

    @Test
    void aSlowBucketDelaysKnownPathsNoLongerThanItMoves() {
        bucket.put("x", 1);
        TestReplica impatient = replica(limits(Duration.ofMillis(30), Duration.ofSeconds(20)));
        impatient.inode("/m/x");
        clock.advance(TestReplica.MAX_AGE);
        CountDownLatch answered = new CountDownLatch(1);
        bucket.beforeList(() -> await(answered));

        try {
            assertTrue(impatient.namespace.resolve(NamespacePath.parse("/m/x")).found());
        } finally {
            answered.countDown();
        }
    }

    @Test
    void aFirstListingThatTakesTooLongGoesOnForTheNextCall() throws Exception {
        bucket.put("x", 1);
        TestReplica impatient = replica(limits(Duration.ofMillis(30), Duration.ofMillis(50)));
        CountDownLatch answered = new CountDownLatch(1);
        bucket.beforeList(() -> await(answered));

        MillraceException failure =
                assertThrows(MillraceException.class, () -> impatient.inode("/m/x"));
        answered.countDown();

        assertEquals(ErrorCode.DEADLINE_EXCEEDED, failure.code());
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        AtomicBoolean seen = new AtomicBoolean();
        while (!seen.get() && System.nanoTime() - deadline < 0) {
            try {
                impatient.inode("/m/x");
                seen.set(true);
            } catch (MillraceException e) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
        assertTrue(seen.get());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aDirectoryThatVanishesTakesItsTreeWithIt() {
        bucket.put("d/e/f/x", 1);
        bucket.put("y", 1);
        replica.inode("/m/d/e/f/x");
        bucket.delete("d/e/f/x");
        clock.advance(TestReplica.MAX_AGE);

        assertFalse(replica.namespace.resolve(NamespacePath.parse("/m/d/e/f/x")).found());
        assertEquals(List.of("y"), replica.names("/m"));
        replica.reapAll();
        assertEquals(
                3, TestDatabase.number(replica.database, "SELECT count(*) FROM metadata.inode"));
    }

    @Test
    void aMountThatIsRemovedWhileItIsListedLeavesNothing() {
        for (int i = 0; i < 50; i++) {
            bucket.put("d%02d/x".formatted(i), 1);
        }
        bucket.pageKeys(10);
        AtomicBoolean once = new AtomicBoolean();
        bucket.beforeList(() -> {
            if (bucket.lists() > 4 && once.compareAndSet(false, true)) {
                replica.mounts.remove(NamespacePath.parse("/m"));
            }
        });

        MillraceException failure =
                assertThrows(MillraceException.class, () -> replica.walk("/m", 100));
        assertEquals(ErrorCode.NOT_FOUND, failure.code());
        replica.mount("/m", "s3://bucket/");
    }

    @Test
    void aCursorOfAnotherWalkIsRefusedOrGoesOn() {
        bucket.put("a/x", 1);
        bucket.put("b/x", 1);
        assertEquals(
                ErrorCode.INVALID_ARGUMENT,
                assertThrows(
                                MillraceException.class,
                                () -> replica.namespace.walk(NamespacePath.parse("/m"), "a//x", 10))
                        .code());
        assertEquals(
                List.of("/m/b/x"),
                replica.namespace.walk(NamespacePath.parse("/m"), "aa/gone", 10).files().stream()
                        .map(file -> file.path().toString())
                        .toList());
    }
}
