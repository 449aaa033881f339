package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.events.BucketChange;
import io.millrace.metadata.events.EventApplier;
import io.millrace.metadata.events.EventMetrics;
import io.millrace.metadata.mounts.Mount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/**
 * A bucket changes at random, on keys that collide, and its events come twice, in any order, late,
 * while directories are listed, or not at all. Once all that was sent has come, the namespace is
 * what the bucket holds, and nothing was listed again for it; where events were lost, once the
 * mount is distrusted.
 */
class BucketEventsModelTest {

    private static final int SEEDS = Integer.getInteger("millrace.test.event-seeds", 60);
    private static final int ROUNDS = 6;

    private final TestClock clock = new TestClock();
    private final Map<String, MemoryBucket> buckets = new ConcurrentHashMap<>();

    @Test
    void whatEventsSayIsWhatTheBucketHolds() {
        long first = Long.getLong("millrace.test.seed", System.nanoTime());
        TestDatabase shared = new TestDatabase();
        try (TestReplica replica =
                new TestReplica(
                        shared,
                        settings ->
                                Objects.requireNonNull(buckets.get(settings.uri().getAuthority())),
                        clock,
                        TestReplica.LIMITS)) {
            for (int i = 0; i < SEEDS; i++) {
                long seed = first + i;
                try {
                    new Run(replica, "bucket" + i, new Random(seed)).run();
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError(
                            "-Dmillrace.test.event-seeds=1 -Dmillrace.test.seed=" + seed, e);
                }
            }
        }
    }

    /** One seed. */
    private final class Run {
        final TestReplica replica;
        final Random random;
        final MemoryBucket bucket = new MemoryBucket();
        final NamespaceModel model;
        final Mount mount;
        final String name;
        final EventApplier applier;
        final List<BucketChange> pending = new ArrayList<>();
        final ReentrantLock turn = new ReentrantLock();

        Run(TestReplica replica, String name, Random random) {
            this.replica = replica;
            this.name = name;
            this.random = random;
            buckets.put(name, bucket);
            model = new NamespaceModel(bucket, "/" + name);
            for (int i = 0; i < random.nextInt(30); i++) {
                model.mutate(random);
            }
            mount = replica.mountWithEvents("/" + name, "s3://" + name + "/");
            applier =
                    new EventApplier(
                            replica.mounts,
                            replica.namespace::refresh,
                            task -> Thread.ofVirtual().start(task),
                            1 + random.nextInt(4),
                            clock,
                            new EventMetrics(new SimpleMeterRegistry()));
        }

        void run() {
            replica.walk("/" + name, 5);
            for (int round = 0; round < ROUNDS; round++) {
                boolean lost = random.nextInt(4) == 0;
                change(lost);
                if (random.nextInt(3) == 0) {
                    listWhileItChanges();
                }
                deliver(pending.size());
                if (lost) {
                    replica.mounts.distrust(List.of(mount));
                    clock.advance(Duration.ofMillis(1));
                    replica.mounts.distrust(List.of(mount));
                }
                model.check(replica, random);
                if (!lost) {
                    long lists = bucket.lists();
                    model.check(replica, random);
                    assertEquals(lists, bucket.lists(), "nothing is listed again");
                }
            }
            replica.mounts.remove(mount.path());
            replica.reapAll();
        }

        private void change(boolean lost) {
            int changes = random.nextInt(15);
            for (int i = 0; i < changes; i++) {
                Map<String, Boolean> told = model.mutate(random);
                if (!lost || random.nextBoolean()) {
                    send(told);
                }
                if (random.nextInt(5) == 0) {
                    deliver(random.nextInt(pending.size() + 1));
                }
            }
        }

        private void listWhileItChanges() {
            replica.mounts.distrust(List.of(mount));
            clock.advance(Duration.ofMillis(1));
            replica.mounts.distrust(List.of(mount));
            bucket.pageKeys(1 + random.nextInt(4));
            // Listings run ahead on other threads; looks list too, while the turn is taken.
            bucket.beforeList(() -> {
                if (turn.tryLock()) {
                    try {
                        if (turn.getHoldCount() == 1) {
                            send(model.mutate(random));
                            deliver(random.nextInt(pending.size() + 1));
                        }
                    } finally {
                        turn.unlock();
                    }
                }
            });
            replica.walk("/" + name, 3);
            turn.lock();
            try {
                bucket.beforeList(() -> {});
            } finally {
                turn.unlock();
            }
            bucket.pageKeys(1_000);
        }

        private void send(Map<String, Boolean> told) {
            told.forEach((key, put) -> {
                BucketChange.What what =
                        put
                                ? new BucketChange.What.Put("etag", 1)
                                : new BucketChange.What.Removed();
                BucketChange change =
                        new BucketChange(name, key, what, clock.instant(), Optional.empty());
                pending.add(change);
                if (random.nextInt(5) == 0) {
                    pending.add(change);
                }
            });
        }

        private void deliver(int count) {
            Collections.shuffle(pending, random);
            List<BucketChange> now = new ArrayList<>(pending.subList(0, count));
            pending.subList(0, count).clear();
            applier.apply(now);
            if (!now.isEmpty() && random.nextInt(4) == 0) {
                applier.apply(now);
            }
        }
    }
}
