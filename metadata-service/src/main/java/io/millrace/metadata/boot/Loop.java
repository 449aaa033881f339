package io.millrace.metadata.boot;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** Runs a step again and again on a thread of its own; a failure is logged once until it works. */
final class Loop implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Loop.class);
    private static final Duration STOP = Duration.ofSeconds(5);

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
        this.thread = Thread.ofVirtual().name("metadata-" + name).unstarted(this::run);
    }

    /**
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
            if (failing) {
                failing = false;
                LOG.infof("event=background-recovered step=%s", name);
            }
            return more;
        } catch (RuntimeException e) {
            if (!failing) {
                failing = true;
                LOG.warnf("event=background-failed step=%s reason=\"%s\"", name, e.getMessage());
            }
            return false;
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        try {
            if (!thread.join(STOP)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
