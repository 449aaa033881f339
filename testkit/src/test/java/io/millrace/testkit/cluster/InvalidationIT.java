package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How soon programs see at the mount what metadata-service has published. */
class InvalidationIT {

    private static final int ROUNDS = 30;
    private static final long LIMIT_MILLIS = 2_000;

    @Test
    void aNameThatAppearsIsSeenWhereItWasAbsent() throws Exception {
        MountPossible.assume();
        long[] micros = new long[ROUNDS];
        try (TestCluster cluster = TestCluster.start(settings -> settings)) {
            Path mount = cluster.mount();
            for (int i = 0; i < ROUNDS; i++) {
                Path fresh = mount.resolve("fresh-" + i);
                // The kernel remembers that it is absent.
                assertFalse(Files.exists(fresh));
                cluster.addMount("/fresh-" + i, "set/", options -> options);
                long published = System.nanoTime();
                long end = published + LIMIT_MILLIS * 1_000_000;
                while (!Files.exists(fresh)) {
                    assertTrue(System.nanoTime() < end, fresh + " was not seen in time");
                    Thread.sleep(1);
                }
                micros[i] = (System.nanoTime() - published) / 1_000;
            }
        }
        Arrays.sort(micros);
        System.out.println(
                "InvalidationIT: seen at the mount after a median of "
                        + micros[ROUNDS / 2]
                        + " us, at most "
                        + micros[ROUNDS - 1]
                        + " us");
    }
}
