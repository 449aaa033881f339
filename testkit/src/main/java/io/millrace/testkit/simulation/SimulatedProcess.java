package io.millrace.testkit.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** One life of a worker's process: the threads it has, until it ends or is killed. */
final class SimulatedProcess {

    /** Ends a thread of a process that was killed. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed() {
            super("the process was killed", null, false, false);
        }
    }

    private final String name;
    private final BiConsumer<String, Throwable> broken;
    private final List<Thread> threads = new ArrayList<>();
    private final ArrayDeque<Runnable> frozen = new ArrayDeque<>();
    private boolean dead;

    /**
     * @param broken is told what a thread ended by that nobody caught
     */
    SimulatedProcess(String name, BiConsumer<String, Throwable> broken) {
        this.name = name;
        this.broken = broken;
    }

    Runnable running(Runnable task) {
        return () -> {
            try {
                checkAlive();
                task.run();
            } catch (Killed e) {
                // As its process.
            } catch (Throwable e) {
                if (!dead) {
                    broken.accept(name, e);
                }
            }
        };
    }

    void add(Thread thread) {
        threads.removeIf(each -> !each.isAlive() && each.getState() != Thread.State.NEW);
        threads.add(thread);
    }

    /** Threads that have not ended. */
    long unfinished() {
        return threads.stream().filter(Thread::isAlive).count();
    }

    boolean isDead() {
        return dead;
    }

    void checkAlive() {
        if (dead) {
            throw new Killed();
        }
    }

    void die() {
        dead = true;
    }

    void interruptAll() {
        threads.forEach(Thread::interrupt);
    }

    ArrayDeque<Runnable> frozen() {
        return frozen;
    }

    @Override
    public String toString() {
        return name;
    }
}
