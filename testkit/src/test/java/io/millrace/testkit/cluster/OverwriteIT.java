package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * An object that is overwritten while it is read: an open file is one version, a new open the new
 * one.
 */
class OverwriteIT {

    private static final int LENGTH = 6 << 20;
    private static final int ROUNDS = 25;
    private static final Duration MAX_AGE = Duration.ofMillis(300);
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void anOpenFileNeverMixesVersionsAndANewOpenSeesTheNewOneAfterTheAgeLimit() throws Exception {
        MountPossible.assume();
        try (TestCluster cluster = TestCluster.start(settings -> settings)) {
            cluster.bucket().put("set/object", version(0));
            cluster.addMount(
                    "/data",
                    "set/",
                    options -> options.setMaxAgeMillis(MAX_AGE.toMillis()).setBlockBytes(1 << 20));
            Path file = cluster.mount().resolve("data/object");
            AtomicInteger whole = new AtomicInteger();
            AtomicInteger stale = new AtomicInteger();
            for (int round = 1; round <= ROUNDS; round++) {
                int next = round;
                Thread overwriting =
                        Thread.ofVirtual()
                                .start(() -> cluster.bucket().put("set/object", version(next)));
                readOnce(file, whole, stale);
                overwriting.join();
                awaitNewOpenSees(file, version(next));
            }
            assertTrue(whole.get() > 0, "every read was stale: " + stale);
            assertEquals(ROUNDS, whole.get() + stale.get());
        }
    }

    /** Reads slowly, in small steps, so that the overwriting falls into it. */
    private static void readOnce(Path file, AtomicInteger whole, AtomicInteger stale)
            throws IOException {
        byte[] read = new byte[LENGTH];
        int length = 0;
        try (InputStream in = Files.newInputStream(file)) {
            while (length < LENGTH) {
                int count = in.read(read, length, Math.min(128 << 10, LENGTH - length));
                if (count < 0) {
                    break;
                }
                length += count;
            }
        } catch (IOException e) {
            assertTrue(isStale(e), "failed with " + e);
            assertOneVersion(Arrays.copyOf(read, length));
            stale.incrementAndGet();
            return;
        }
        assertEquals(LENGTH, length);
        assertOneVersion(read);
        whole.incrementAndGet();
    }

    private static boolean isStale(IOException e) {
        String message =
                e instanceof FileSystemException failure
                        ? String.valueOf(failure.getReason())
                        : String.valueOf(e.getMessage());
        return message.contains("Stale file handle");
    }

    private static void awaitNewOpenSees(Path file, byte[] expected) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                byte[] read = Files.readAllBytes(file);
                assertOneVersion(read);
                if (read[0] == expected[0]) {
                    assertArrayEquals(expected, read);
                    return;
                }
            } catch (IOException e) {
                assertTrue(isStale(e), "failed with " + e);
            }
            assertTrue(System.nanoTime() < end, "the new version was not seen in " + LIMIT);
            Thread.sleep(20);
        }
    }

    /** Every byte of a version is its number. */
    private static byte[] version(int number) {
        byte[] content = new byte[LENGTH];
        Arrays.fill(content, (byte) number);
        return content;
    }

    private static void assertOneVersion(byte[] read) {
        for (byte b : read) {
            if (b != read[0]) {
                throw new AssertionError("versions " + read[0] + " and " + b + " in one file");
            }
        }
    }
}
