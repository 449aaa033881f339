package io.millrace.block.boot;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Runs a step again and again on a thread of its own; a failure is told once until it works. */
final class Loop implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Loop.class.getName());
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final String name;
    private final Duration pause;
    private final BooleanSupplier step;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private boolean failing;

    private Loop(String name, Duration pause, BooleanSupplier step) {
        this.name = name;
        this.pause = pause;
        this.step = step;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /**
     * Begins, with a pause.
     *
     * @param step true: there is more to do at once
     */
    static Loop start(String name, Duration pause, BooleanSupplier step) {
        Loop loop = new Loop(name, pause, step);
        loop.thread.start();
        return loop;
    }

    private void run() {
        try {
            boolean more = false;
            while (!stopped.await(more ? 0 : pause.toMillis(), TimeUnit.MILLISECONDS)) {
                more = once();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean once() {
        try {
            boolean more = step.getAsBoolean();
            failing = false;
            return more;
        } catch (RuntimeException e) {
            if (!failing && stopped.getCount() > 0) {
                failing = true;
                LOG.log(Level.WARNING, "{0} failed: {1}; serving goes on", name, e.getMessage());
            }
            return false;
        }
    }

    /** Waits a second for the step that runs, then interrupts it. */
    @Override
    public void close() {
        stopped.countDown();
        try {
            if (!thread.join(CLOSE)) {
                thread.interrupt();
                thread.join(CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
