package io.millrace.testkit.simulation;

import java.util.List;
import java.util.Optional;

/**
 * How a simulation ended.
 *
 * @param reads that were begun
 * @param failures of them that were allowed, for what was failing
 * @param lost with the worker that served them
 * @param requests to the under store
 * @param switches how often a thread was chosen to go on
 * @param traceHash the same for the same seed, on every machine
 * @param violation the first invariant that did not hold
 * @param trace what happened
 */
public record Outcome(
        long seed,
        long reads,
        long failures,
        long lost,
        long requests,
        long switches,
        long traceHash,
        Optional<String> violation,
        List<String> trace) {

    /** For people: how to see it again, and the end of the trace. */
    public String report() {
        int last = 200;
        return "seed "
                + seed
                + " "
                + violation.map(what -> "VIOLATED: " + what).orElse("holds")
                + "\nagain: bench/run simulate 1 "
                + seed
                + "\n"
                + String.join("\n", trace.subList(Math.max(0, trace.size() - last), trace.size()));
    }
}
