package io.millrace.embedded;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for what must become true. */
final class Eventually {

    private Eventually() {}

    static boolean holds(Duration limit, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(20);
        }
        return true;
    }
}
