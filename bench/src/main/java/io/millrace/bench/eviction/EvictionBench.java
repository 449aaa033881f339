package io.millrace.bench.eviction;

import io.millrace.cache.eviction.EvictionKind;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Replays traces on simulated caches of a quarter, a half and three quarters of all files, and
 * prints the hit rate of each policy. W-TinyLFU is Caffeine's, for comparison.
 */
@Command(
        name = "bench/run eviction",
        mixinStandardHelpOptions = true,
        description = "Prints hit rates of the eviction policies on made traces.")
public final class EvictionBench implements Callable<Integer> {

    private static final double[] SIZES = {0.25, 0.5, 0.75};

    @Option(names = "--files", description = "How many, of one size (default ${DEFAULT-VALUE}).")
    private int files = 100_000;

    @Option(names = "--seed", description = "Of the traces (default ${DEFAULT-VALUE}).")
    private long seed = 1;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new EvictionBench()).execute(arguments));
    }

    @Override
    public Integer call() {
        System.out.printf(
                "| %d files, seed %d | cache | lru | s3-fifo | epoch | W-TinyLFU | LRU in theory |%n",
                files, seed);
        System.out.println("|---|---|---|---|---|---|---|");
        for (Trace trace : Trace.values()) {
            for (double size : SIZES) {
                System.out.println(row(trace, size));
            }
        }
        return 0;
    }

    private String row(Trace trace, double size) {
        int capacity = (int) (files * size);
        StringBuilder row =
                new StringBuilder(
                        "| " + trace.title() + " | " + String.format(Locale.ROOT, "%.2f", size));
        for (EvictionKind kind : EvictionKind.values()) {
            append(row, rate(SimulatedCache.of(kind, capacity), trace));
        }
        append(row, rate(SimulatedCache.tinyLfu(capacity), trace));
        if (trace == Trace.EPOCHS) {
            append(row, size + (1 - size) * Math.log(1 - size));
        } else {
            row.append(" | ");
        }
        return row.append(" |").toString();
    }

    private double rate(SimulatedCache cache, Trace trace) {
        return SimulatedCache.hitRate(cache, trace, files, seed);
    }

    private static void append(StringBuilder row, double rate) {
        row.append(String.format(Locale.ROOT, " | %.3f", rate));
    }
}
