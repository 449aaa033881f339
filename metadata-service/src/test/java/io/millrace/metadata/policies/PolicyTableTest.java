package io.millrace.metadata.policies;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeFeed;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Policies in Postgres, as several replicas set and read them. */
class PolicyTableTest {

    private static final NamespacePath DATA = NamespacePath.parse("/data");
    private static final NamespacePath TRAIN = NamespacePath.parse("/data/a/train");
    private static final PathPolicy FULL =
            new PathPolicy(
                    true,
                    Duration.ofMillis(1_234),
                    16,
                    new ByteCount(Long.MAX_VALUE),
                    0,
                    PathPolicy.Eviction.S3_FIFO);

    private final Map<NamespacePath, Long> bytes = new HashMap<>();
    private final PinBudget budget =
            new PinBudget(path -> bytes.getOrDefault(path, 0L), () -> new PinBudget.Room(3, 1_000));
    private final TestDatabase shared = new TestDatabase();

    @SuppressWarnings("NullAway.Init")
    private TestReplica replica;

    @SuppressWarnings("NullAway.Init")
    private PolicyTable policies;

    @BeforeEach
    void open() {
        replica =
                new TestReplica(
                        shared, _ -> new MemoryBucket(), new TestClock(), TestReplica.LIMITS);
        policies = new PolicyTable(replica.database, 4, budget);
        replica.mount("/data", "s3://bucket/");
    }

    @AfterEach
    void close() {
        replica.close();
    }

    private static PathPolicy pinned(@Nullable Boolean pinned) {
        return new PathPolicy(pinned, null, null, null, null, null);
    }

    private static PathPolicy priority(int priority) {
        return new PathPolicy(null, null, null, null, priority, null);
    }

    private List<Change> changes(Executable action) throws Throwable {
        replica.feed.poll();
        long before = replica.feed.last();
        action.execute();
        replica.feed.poll();
        return assertInstanceOf(
                        ChangeFeed.Next.Changes.class,
                        replica.feed.after(before, 100, Duration.ZERO))
                .changes()
                .stream()
                .map(Change.Logged::change)
                .toList();
    }

    private static MillraceException refused(ErrorCode code, Executable action) {
        MillraceException refused = assertThrows(MillraceException.class, action);
        assertEquals(code, refused.code(), refused.getMessage());
        return refused;
    }

    @Test
    void whatIsSetIsReadBackWhole() {
        assertEquals(FULL, policies.set(TRAIN, FULL));

        assertEquals(new PathPolicies(Map.of(TRAIN, FULL)), policies.all());
    }

    @Test
    void aSecondPolicyOfAPathLeavesWhatItDoesNotSay() {
        policies.set(TRAIN, FULL);

        assertEquals(FULL.with(priority(9)), policies.set(TRAIN, priority(9)));
        assertEquals(FULL.with(priority(9)), policies.all().own(TRAIN));
    }

    @Test
    void whatHoldsForAPathComesFromTheNearestAboveIt() {
        policies.set(DATA, FULL);
        policies.set(TRAIN, priority(9));

        PathPolicies.Effective effective =
                policies.above(TRAIN.child("x.jpg")).effective(TRAIN.child("x.jpg"));

        assertEquals(new PathPolicies.Origin<>(9, TRAIN), effective.priority());
        assertEquals(new PathPolicies.Origin<>(true, DATA), effective.pinned());
    }

    @Test
    void aPathInNoMountHasNoPolicy() {
        for (String path : List.of("/", "/other/x", "/dat", "/data2")) {
            NamespacePath at = NamespacePath.parse(path);
            MillraceException refused =
                    refused(ErrorCode.NOT_FOUND, () -> policies.set(at, pinned(true)));
            assertTrue(refused.getMessage().startsWith(path + " "), refused.getMessage());
            assertTrue(refused.getMessage().endsWith("mounts are /data"), refused.getMessage());
            refused(ErrorCode.NOT_FOUND, () -> policies.above(at));
            refused(ErrorCode.NOT_FOUND, () -> policies.remove(at, Set.of()));
        }
        assertEquals(PathPolicies.NONE, policies.all());
    }

    @Test
    void aPolicyThatSaysNothingIsRefused() {
        refused(ErrorCode.INVALID_ARGUMENT, () -> policies.set(DATA, PathPolicy.NONE));
    }

    @Test
    void oneAttributeIsTakenBackAloneAndTheLastTakesTheRowWithIt() {
        policies.set(TRAIN, pinned(true).with(priority(3)));

        assertEquals(priority(3), policies.remove(TRAIN, Set.of(PathPolicy.Attribute.PINNED)));
        assertEquals(
                PathPolicy.NONE, policies.remove(TRAIN, Set.of(PathPolicy.Attribute.PRIORITY)));
        assertEquals(
                0, TestDatabase.number(replica.database, "SELECT count(*) FROM metadata.policy"));
    }

    @Test
    void allThatAPathSaysIsTakenBackAtOnce() {
        policies.set(TRAIN, FULL);

        assertEquals(PathPolicy.NONE, policies.remove(TRAIN, Set.of()));

        refused(ErrorCode.NOT_FOUND, () -> policies.remove(TRAIN, Set.of()));
    }

    @Test
    void whatAPathOnlyInheritsCannotBeTakenBackThere() {
        policies.set(DATA, pinned(true));
        policies.set(TRAIN, priority(1));

        MillraceException refused =
                refused(
                        ErrorCode.NOT_FOUND,
                        () -> policies.remove(TRAIN, Set.of(PathPolicy.Attribute.PINNED)));

        assertTrue(refused.getMessage().endsWith("that of /data"), refused.getMessage());
        assertEquals(priority(1), policies.all().own(TRAIN));
    }

    @Test
    void moreThanTheLimitIsRefusedWithTheSetting() {
        for (int i = 0; i < 4; i++) {
            policies.set(DATA.child("d" + i), pinned(true));
        }

        MillraceException refused =
                refused(ErrorCode.BUSY, () -> policies.set(DATA.child("d4"), pinned(true)));

        assertTrue(
                refused.getMessage().contains("millrace.metadata.policies.most"),
                refused.getMessage());
        assertEquals(priority(2).with(pinned(true)), policies.set(DATA.child("d0"), priority(2)));
    }

    @Test
    void theTableStaysSmallEnoughForOneMessage() {
        PolicyTable large = new PolicyTable(replica.database, 50_000, budget);
        String filler = "/" + "n".repeat(250);
        replica.database.transaction(connection -> {
            try (var statement =
                    connection.prepareStatement(
                            """
                            INSERT INTO metadata.policy (path, mount_id, pinned)
                            SELECT '/data' || repeat(?, 15) || '/' || n, m.id, true
                            FROM generate_series(1, 840) AS n, metadata.mount AS m
                            """)) {
                statement.setString(1, filler);
                return statement.executeUpdate();
            }
        });

        MillraceException refused =
                refused(ErrorCode.BUSY, () -> large.set(DATA.child("d"), pinned(true)));

        assertTrue(refused.getMessage().contains("3 MiB"), refused.getMessage());
    }

    @Test
    void aPinThatDoesNotFitIsRefusedAndNothingIsStored() {
        bytes.put(DATA, 1_001L);

        MillraceException refused =
                refused(ErrorCode.NO_SPACE, () -> policies.set(DATA, pinned(true)));

        assertTrue(refused.getMessage().startsWith("/data "), refused.getMessage());
        assertEquals(PathPolicies.NONE, policies.all());
        assertEquals(priority(1), policies.set(DATA, priority(1)));
    }

    @Test
    void everyRealChangeIsTold() throws Throwable {
        Change told = new Change.Policies();

        assertEquals(List.of(told), changes(() -> policies.set(DATA, pinned(true))));
        assertEquals(List.of(), changes(() -> policies.set(DATA, pinned(true))));
        assertEquals(List.of(told), changes(() -> policies.remove(DATA, Set.of())));
    }

    @Test
    void policiesGoWithTheirMountAndOthersStay() throws Throwable {
        replica.mount("/data2", "s3://bucket/");
        policies.set(TRAIN, FULL);
        policies.set(NamespacePath.parse("/data2/x"), FULL);

        List<Change> changes = changes(() -> replica.mounts.remove(DATA));

        assertTrue(changes.contains(new Change.Policies()), changes.toString());
        assertEquals(
                List.of(NamespacePath.parse("/data2/x")),
                List.copyOf(policies.all().byPath().keySet()));
        replica.mount("/data", "s3://bucket/");
        assertEquals(PathPolicy.NONE, policies.all().own(TRAIN));
    }

    @Test
    void manyAtOnceLoseNoAttribute() throws Exception {
        List<PathPolicy> parts =
                List.of(
                        pinned(true),
                        priority(4),
                        new PathPolicy(null, Duration.ofHours(1), null, null, null, null),
                        new PathPolicy(null, null, 2, null, null, null),
                        new PathPolicy(null, null, null, new ByteCount(7), null, null),
                        new PathPolicy(null, null, null, null, null, PathPolicy.Eviction.EPOCH));
        List<Future<PathPolicy>> futures = new ArrayList<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (PathPolicy part : parts) {
                futures.add(executor.submit(() -> policies.set(TRAIN, part)));
            }
            for (Future<PathPolicy> future : futures) {
                future.get();
            }
        }

        PathPolicy all = policies.all().own(TRAIN);
        for (PathPolicy part : parts) {
            assertEquals(all, all.with(part));
        }
    }

    @Test
    void whatIsKnownFollowsTheLog() {
        assertEquals(PathPolicies.NONE, policies.known());
        policies.set(DATA, pinned(true));

        policies.refresh();

        assertEquals(policies.all(), policies.known());
    }
}
