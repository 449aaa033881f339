package io.millrace.job.engine;

import io.millrace.job.pins.PinKeeper;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Runs an engine's steps, each kind in threads of its own. A step that fails is tried again after a
 * pause; a failure is logged when it begins and when it is over, not each time.
 */
final class Loops implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Loops.class.getName());

    private static final String THREADS = "jobs-";

    /** Is woken, not interrupted: a Kafka client that is interrupted cannot leave its group. */
    private static final String RESULTS = THREADS + "results";

    private static final Duration AFTER_FAILURE = Duration.ofMillis(500);
    private static final Duration RESULT_WAIT = Duration.ofMillis(500);
    private static final Duration SWEEP_PERIOD = Duration.ofSeconds(1);
    private static final Duration PIN_PERIOD = Duration.ofSeconds(2);
    private static final Duration SCHEDULE_PERIOD = Duration.ofSeconds(1);
    private static final Duration PRUNE_PERIOD = Duration.ofMinutes(1);
    private static final Duration LONGEST_STOP = Duration.ofSeconds(5);

    private final JobEngine engine;
    private final EngineSettings settings;
    private final List<Thread> threads = new ArrayList<>();
    private final Pulse toPlan = new Pulse();
    private final Pulse toSend = new Pulse();
    private final Pulse toTell = new Pulse();
    private volatile boolean topicsChecked;
    private volatile boolean stopped;

    Loops(JobEngine engine, EngineSettings settings) {
        this.engine = engine;
        this.settings = settings;
    }

    /** One round of a loop. */
    private interface Round {
        void run() throws InterruptedException;
    }

    void start() {
        for (int i = 0; i < settings.planners(); i++) {
            run("planner", this::plan);
        }
        run("dispatcher", this::send);
        run("controls", this::tellControls);
        run("results", this::applyResults);
        run("sweeper", this::sweep);
        run("pruner", this::prune);
        run("pins", this::keepPins);
        run("schedules", this::keepSchedules);
    }

    void wakePlanners() {
        toPlan.beat();
    }

    void wakeControls() {
        toTell.beat();
    }

    private void tellControls() throws InterruptedException {
        engine.controlStep();
        toTell.await(settings.idle());
    }

    private void plan() throws InterruptedException {
        if (engine.planStep()) {
            toSend.beat();
        } else {
            toPlan.await(settings.idle());
        }
    }

    private void send() throws InterruptedException {
        if (!topicsChecked) {
            engine.checkTopics();
            topicsChecked = true;
        }
        if (engine.dispatchStep() == 0) {
            toSend.await(settings.idle());
        }
    }

    private void applyResults() throws InterruptedException {
        if (!topicsChecked) {
            Thread.sleep(settings.idle());
            return;
        }
        try {
            if (engine.resultStep(RESULT_WAIT) > 0) {
                toPlan.beat();
                toSend.beat();
            }
        } catch (WakeupException e) {
            // The stop has asked for it.
        } catch (KafkaException e) {
            if (!stopped) {
                engine.closeConsumer();
            }
            throw e;
        }
    }

    private void sweep() throws InterruptedException {
        if (engine.sweepStep() > 0) {
            toSend.beat();
        }
        Thread.sleep(SWEEP_PERIOD);
    }

    private void keepPins() throws InterruptedException {
        if (engine.pinStep() == PinKeeper.Step.NOTHING) {
            Thread.sleep(PIN_PERIOD);
        }
    }

    private void keepSchedules() throws InterruptedException {
        if (!engine.scheduleStep()) {
            Thread.sleep(SCHEDULE_PERIOD);
        }
    }

    private void prune() throws InterruptedException {
        engine.pruneStep();
        Thread.sleep(PRUNE_PERIOD);
    }

    private void run(String name, Round round) {
        threads.add(Thread.ofVirtual().name(THREADS + name).start(() -> repeat(name, round)));
    }

    private void repeat(String name, Round round) {
        AtomicReference<String> failing = new AtomicReference<>("");
        while (!stopped) {
            try {
                round.run();
                if (!failing.getAndSet("").isEmpty()) {
                    LOG.log(Level.INFO, "event=jobs-loop-recovered loop={0}", name);
                }
            } catch (InterruptedException | InterruptException e) {
                return;
            } catch (RuntimeException e) {
                String reason = String.valueOf(e.getMessage());
                if (stopped || Thread.currentThread().isInterrupted()) {
                    return;
                }
                if (!failing.getAndSet(reason).equals(reason)) {
                    LOG.log(
                            Level.WARNING,
                            "event=jobs-loop-waiting loop=" + name + " reason=" + reason,
                            e instanceof io.millrace.model.MillraceException ? null : e);
                }
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(AFTER_FAILURE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopped = true;
        engine.wakeConsumer();
        threads.stream()
                .filter(thread -> !thread.getName().equals(RESULTS))
                .forEach(Thread::interrupt);
        long deadline = System.nanoTime() + LONGEST_STOP.toNanos();
        for (Thread thread : threads) {
            long left = deadline - System.nanoTime();
            try {
                if (left <= 0 || !thread.join(Duration.ofNanos(left))) {
                    thread.interrupt();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
