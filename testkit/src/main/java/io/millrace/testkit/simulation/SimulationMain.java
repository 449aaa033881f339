package io.millrace.testkit.simulation;

import java.nio.file.Path;
import java.util.Locale;

/** Runs many seeds one after the other: {@code bench/run simulate [SEEDS [FIRST]]}. */
public final class SimulationMain {

    private SimulationMain() {}

    public static void main(String[] arguments) {
        int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000;
        long first = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        System.exit(run(seeds, first, Simulation.fastDirectory()) == 0 ? 0 : 1);
    }

    /**
     * Runs seeds from {@code first} on and prints what they found.
     *
     * @return how many broke an invariant
     */
    static int run(int seeds, long first, Path directory) {
        long started = System.nanoTime();
        int broken = 0;
        long reads = 0;
        long failures = 0;
        long lost = 0;
        long requests = 0;
        long switches = 0;
        Outcome last = null;
        for (long seed = first; seed < first + seeds; seed++) {
            last = Simulation.run(seed, directory);
            reads += last.reads();
            failures += last.failures();
            lost += last.lost();
            requests += last.requests();
            switches += last.switches();
            if (last.violation().isPresent()) {
                broken++;
                System.out.println(last.report());
            }
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        System.out.println(
                String.format(
                        Locale.ROOT,
                        "simulation: %d seeds from %d in %.1f s (%.1f per second): %d reads, of these %d"
                                + " failed as they may and %d lost with their worker; %d requests to the"
                                + " under store, %d thread switches; %d seeds broke an invariant",
                        seeds,
                        first,
                        seconds,
                        seeds / seconds,
                        reads,
                        failures,
                        lost,
                        requests,
                        switches,
                        broken));
        if (seeds == 1 && last != null) {
            System.out.println("trace hash " + Long.toHexString(last.traceHash()));
        }
        return broken;
    }
}
