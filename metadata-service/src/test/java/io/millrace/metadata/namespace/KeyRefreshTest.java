package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.mounts.Mount;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Looks at single keys while others look at what lies beside and below them. */
class KeyRefreshTest {

    private final MemoryBucket bucket = new MemoryBucket();

    @Test
    void anObjectTakesNoDirectoryAwayInWhichSomethingWasFoundMeanwhile() {
        bucket.put("x", 1);
        bucket.put("x/a", 1);
        try (TestReplica replica =
                new TestReplica(
                        new TestDatabase(), _ -> bucket, new TestClock(), TestReplica.LIMITS)) {
            Mount mount = replica.mountWithEvents("/m", "s3://bucket/");
            assertEquals(List.of("a"), replica.names("/m/x"));
            bucket.delete("x/a");
            AtomicBoolean first = new AtomicBoolean(true);
            // After the look at x has seen that nothing lies below it, and before it asks for x.
            bucket.beforeStat(key -> {
                if (key.equals("x") && first.getAndSet(false)) {
                    bucket.put("x/b", 1);
                    replica.namespace.refresh(mount, "x/b", true);
                }
            });

            replica.namespace.refresh(mount, "x/a", false);

            assertEquals(List.of("x"), replica.names("/m"));
            assertEquals(List.of("b"), replica.names("/m/x"));
        }
    }
}
