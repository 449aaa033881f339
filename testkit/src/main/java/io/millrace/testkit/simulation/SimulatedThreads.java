package io.millrace.testkit.simulation;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;

/**
 * Virtual threads that one thread runs, one at a time: the seed chooses which of them goes on
 * whenever one waits, and how far the clock goes.
 *
 * <p>The JDK has no public way to give virtual threads a scheduler; the one its own builder uses is
 * called, which needs {@code --add-opens java.base/java.lang=ALL-UNNAMED}. Timeouts of the code
 * under test are of real time and never pass; what the simulation makes late is late on its own
 * clock. Not safe for other threads than the one that runs it, and those it runs.
 */
final class SimulatedThreads {

    private static final Method NEW_VIRTUAL_THREAD = newVirtualThread();

    private final Random random;
    private final List<Ready> ready = new ArrayList<>();
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(
                    Comparator.comparingLong(Timer::due).thenComparingLong(Timer::number));
    private long now = 1;
    private long timerNumber;
    private long switches;

    private record Ready(SimulatedProcess process, Runnable goOn) {}

    private record Timer(long due, long number, CompletableFuture<Void> passed) {}

    SimulatedThreads(Random random) {
        this.random = random;
    }

    private static Method newVirtualThread() {
        try {
            Method method =
                    Class.forName("java.lang.ThreadBuilders")
                            .getDeclaredMethod(
                                    "newVirtualThread",
                                    Executor.class,
                                    String.class,
                                    int.class,
                                    Runnable.class);
            method.setAccessible(true);
            return method;
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new IllegalStateException(
                    "this JDK does not let its virtual threads be scheduled: start it with"
                            + " --add-opens java.base/java.lang=ALL-UNNAMED",
                    e);
        }
    }

    /** Starts a thread of {@code process}; one of a process that is dead never runs. */
    void start(SimulatedProcess process, String name, Runnable task) {
        if (process.isDead()) {
            return;
        }
        Executor scheduler = goOn -> ready(process, goOn);
        try {
            Thread thread =
                    (Thread)
                            NEW_VIRTUAL_THREAD.invoke(
                                    null, scheduler, name, 0, process.running(task));
            process.add(thread);
            thread.start();
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("no virtual thread was made", e);
        }
    }

    private void ready(SimulatedProcess process, Runnable goOn) {
        if (process.isDead()) {
            process.frozen().add(goOn);
        } else {
            ready.add(new Ready(process, goOn));
        }
    }

    /** Lets one thread go on until it waits; false: all wait for the clock, or for ever. */
    boolean step() {
        fire();
        if (ready.isEmpty()) {
            return false;
        }
        switches++;
        ready.remove(random.nextInt(ready.size())).goOn().run();
        return true;
    }

    /**
     * As {@link #step}, and moves the clock to the next who waits for it where nobody can go on.
     */
    boolean stepOrWait() {
        if (step()) {
            return true;
        }
        Timer next = timers.peek();
        if (next == null) {
            return false;
        }
        now = Math.max(now, next.due());
        return step() || !timers.isEmpty();
    }

    private void fire() {
        for (Timer next = timers.peek(); next != null && next.due() <= now; next = timers.peek()) {
            timers.remove(next);
            next.passed().complete(null);
        }
    }

    /** Nanoseconds on the simulation's clock. */
    long now() {
        return now;
    }

    void advance(long nanos) {
        now += nanos;
    }

    /** How often a thread was chosen. */
    long switches() {
        return switches;
    }

    /** Completes after a time. */
    CompletableFuture<Void> after(long nanos) {
        CompletableFuture<Void> passed = new CompletableFuture<>();
        timers.add(new Timer(now + nanos, timerNumber++, passed));
        return passed;
    }

    /** Called on a thread of {@code process}: others may go first. */
    void pause(SimulatedProcess process) {
        process.checkAlive();
        Thread.yield();
        process.checkAlive();
    }

    /** Called on a thread of {@code process}: it waits on the simulation's clock. */
    void sleep(SimulatedProcess process, long nanos) {
        await(process, after(nanos));
    }

    /** Called on a thread of {@code process}: waits without a limit. */
    <T> T await(SimulatedProcess process, CompletableFuture<T> future) {
        process.checkAlive();
        try {
            T result = future.get();
            process.checkAlive();
            return result;
        } catch (InterruptedException e) {
            throw new SimulatedProcess.Killed();
        } catch (ExecutionException e) {
            process.checkAlive();
            throw new IllegalStateException("a simulated wait failed", e.getCause());
        }
    }

    /** Kills a process: none of its threads runs on. */
    void kill(SimulatedProcess process) {
        process.die();
        ready.removeIf(each -> {
            boolean its = each.process() == process;
            if (its) {
                process.frozen().add(each.goOn());
            }
            return its;
        });
    }

    /** Ends the threads of a dead process, whose calls all fail, so that their memory is freed. */
    static void bury(SimulatedProcess process) {
        ArrayDeque<Runnable> frozen = process.frozen();
        process.interruptAll();
        for (int runs = 0; !frozen.isEmpty(); runs++) {
            if (runs > 100_000) {
                throw new IllegalStateException("threads of a dead process do not end");
            }
            frozen.removeFirst().run();
        }
    }
}
