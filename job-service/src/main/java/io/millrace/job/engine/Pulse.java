package io.millrace.job.engine;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Wakes a loop that waits for work; a beat that comes before the wait is not lost. */
final class Pulse {

    private final Semaphore beats = new Semaphore(0);

    void beat() {
        if (beats.availablePermits() == 0) {
            beats.release();
        }
    }

    /** Returns at a beat, or after {@code longest}. */
    void await(Duration longest) throws InterruptedException {
        if (beats.tryAcquire(longest.toNanos(), TimeUnit.NANOSECONDS)) {
            beats.drainPermits();
        }
    }
}
