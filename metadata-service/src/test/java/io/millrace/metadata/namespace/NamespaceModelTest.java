package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeFeed;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A bucket changes at random, also while it is listed, and its keys collide and misbehave; after
 * max-age the namespace must be what the rules of docs/semantics.md make of the keys.
 */
class NamespaceModelTest {

    private static final int ROUNDS = 25;
    private final MemoryBucket bucket = new MemoryBucket();
    private final NamespaceModel model = new NamespaceModel(bucket, "/m");
    private final TestClock clock = new TestClock();

    @Test
    void afterMaxAgeTheNamespaceIsWhatTheKeysSay() throws Exception {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("NamespaceModelTest: -Dmillrace.test.seed=" + seed);
        Random random = new Random(seed);
        TestDatabase shared = new TestDatabase();
        try (TestReplica replica =
                new TestReplica(shared, _ -> bucket, clock, TestReplica.LIMITS)) {
            replica.mount("/m", "s3://bucket/");
            Map<String, String> before = new HashMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                int changes = random.nextInt(20);
                for (int i = 0; i < changes; i++) {
                    model.mutate(random);
                }
                bucket.pageKeys(1 + random.nextInt(5));
                if (random.nextInt(3) == 0) {
                    Random during = new Random(random.nextLong());
                    bucket.beforeList(() -> model.mutate(during));
                    clock.advance(TestReplica.MAX_AGE);
                    replica.walk("/m", 3);
                    bucket.beforeList(() -> {});
                }
                clock.advance(TestReplica.MAX_AGE);
                long at = replica.feed.last();
                Map<String, String> after = model.check(replica, random);
                checkChangesWereTold(replica, before, after, at);
                before = after;
                replica.reapAll();
                checkNothingIsLeftOver(replica);
            }
        }
    }

    /** Each name that differs in a directory that was known before and still is must be told. */
    private static void checkChangesWereTold(
            TestReplica replica, Map<String, String> before, Map<String, String> after, long at)
            throws InterruptedException {
        replica.feed.poll();
        Set<String> told = new HashSet<>();
        long position = at;
        while (replica.feed.after(position, 100, Duration.ZERO)
                        instanceof ChangeFeed.Next.Changes(List<Change.Logged> changes)
                && !changes.isEmpty()) {
            for (Change.Logged logged : changes) {
                assertEquals(position + 1, logged.sequence());
                position = logged.sequence();
                if (logged.change() instanceof Change.Name name) {
                    told.add(name.parentId() + "/" + name.name());
                }
            }
        }
        Set<String> directories = parents(before);
        directories.retainAll(parents(after));
        Set<String> keys = new HashSet<>(before.keySet());
        keys.addAll(after.keySet());
        for (String key : keys) {
            String old = before.getOrDefault(key, "");
            if (directories.contains(key.substring(0, key.indexOf('/')))
                    && !old.equals(after.getOrDefault(key, ""))) {
                assertTrue(told.contains(key), key + " changed and was not told");
            }
        }
    }

    private static Set<String> parents(Map<String, String> known) {
        Set<String> parents = new HashSet<>();
        known.keySet().forEach(key -> parents.add(key.substring(0, key.indexOf('/'))));
        return parents;
    }

    private static void checkNothingIsLeftOver(TestReplica replica) {
        assertEquals(
                0,
                TestDatabase.number(
                        replica.database,
                        """
                        SELECT count(*) FROM metadata.inode i WHERE i.id <> 1 AND NOT EXISTS (
                            SELECT 1 FROM metadata.inode p WHERE p.id = i.parent_id AND p.kind = 2)
                        """));
        assertEquals(
                0,
                TestDatabase.number(
                        replica.database,
                        """
                        SELECT count(*) FROM metadata.hidden_key h WHERE NOT EXISTS (
                            SELECT 1 FROM metadata.inode p WHERE p.id = h.directory_id)
                        """));
    }
}
