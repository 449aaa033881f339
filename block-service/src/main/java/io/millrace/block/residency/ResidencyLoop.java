package io.millrace.block.residency;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Reports again and again on a thread of its own; a failure is told once until it works. */
public final class ResidencyLoop implements AutoCloseable {

    private static final Logger LOG = System.getLogger(ResidencyLoop.class.getName());
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final ResidencyReporter reporter;
    private final ResidencyTopic topic;
    private final Duration every;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private boolean failing;

    private ResidencyLoop(ResidencyReporter reporter, ResidencyTopic topic, Duration every) {
        this.reporter = reporter;
        this.topic = topic;
        this.every = every;
        this.thread = Thread.ofVirtual().name("residency").unstarted(this::run);
    }

    /**
     * Begins, with a pause.
     *
     * @param topic is closed with the loop
     */
    public static ResidencyLoop start(
            ResidencyReporter reporter, ResidencyTopic topic, Duration every) {
        ResidencyLoop loop = new ResidencyLoop(reporter, topic, every);
        loop.thread.start();
        return loop;
    }

    private void run() {
        try (topic) {
            while (!stopped.await(every.toMillis(), TimeUnit.MILLISECONDS)) {
                once();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void once() {
        try {
            reporter.step();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing && stopped.getCount() > 0) {
                failing = true;
                LOG.log(Level.WARNING, "residency not told: {0}; serving goes on", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        try {
            if (!thread.join(CLOSE)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
