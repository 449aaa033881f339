package io.millrace.block;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for what comes about by itself. */
public final class Eventually {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Eventually() {}

    public static void holds(String what, Callable<Boolean> condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        try {
            while (!condition.call()) {
                if (System.nanoTime() > deadline) {
                    fail("not within " + LIMIT.toSeconds() + " s: " + what);
                }
                LockSupport.parkNanos(5_000_000);
            }
        } catch (Exception e) {
            throw new AssertionError("failed: " + what, e);
        }
    }
}
