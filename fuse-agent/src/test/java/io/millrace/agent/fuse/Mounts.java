package io.millrace.agent.fuse;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** What tests with real mounts share. */
public final class Mounts {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Mounts() {}

    /** Why this host cannot mount; empty: it can. */
    public static String whyNot() {
        if (!Files.isWritable(Path.of("/dev/fuse"))) {
            return "/dev/fuse cannot be opened for writing";
        }
        try {
            boolean root =
                    Files.readAllLines(Path.of("/proc/self/status")).stream()
                            .anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
            return root ? "" : "the tests do not run as root, and mount(2) needs it";
        } catch (IOException e) {
            return "/proc/self/status cannot be read";
        }
    }

    /** Waits until {@code condition} holds; fails with {@code what} when it does not come true. */
    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                fail("did not come true in " + PATIENCE.toSeconds() + " s: " + what);
            }
            Thread.sleep(5);
        }
    }

    public static boolean isMounted(Path path) {
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                    .anyMatch(line -> line.contains(" " + path + " "));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Takes away whatever a failed test has left at {@code path}. */
    public static void remove(Path path) throws IOException, InterruptedException {
        while (isMounted(path)) {
            int exit = new ProcessBuilder("umount", "-l", path.toString()).start().waitFor();
            if (exit != 0) {
                fail("umount -l " + path + " exited with " + exit);
            }
        }
    }
}
