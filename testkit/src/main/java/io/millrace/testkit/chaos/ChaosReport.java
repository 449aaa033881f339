package io.millrace.testkit.chaos;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came of a run.
 *
 * @param seed of the run
 * @param reads that ended well
 * @param bytes of these
 * @param slowestMillis the longest of them
 * @param staleReads reads that failed with STALE_VERSION after the bucket had told another version
 *     than it has: as they must
 * @param failures what else failed, one line each, at most the first hundred
 * @param failed how many
 * @param wrongBytes reads that gave other bytes than the file has
 * @param faults how often each thing failed
 */
public record ChaosReport(
        long seed,
        long reads,
        long bytes,
        long slowestMillis,
        long staleReads,
        List<String> failures,
        long failed,
        long wrongBytes,
        Map<String, Integer> faults) {

    public ChaosReport {
        failures = List.copyOf(failures);
        faults = new TreeMap<>(faults);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(
                "chaos seed=%d reads=%d MiB=%d slowest=%d ms stale=%d failed=%d wrong=%d%n"
                        .formatted(
                                seed,
                                reads,
                                bytes >> 20,
                                slowestMillis,
                                staleReads,
                                failed,
                                wrongBytes));
        faults.forEach((fault, times) -> text.append("  %-28s %5d%n".formatted(fault, times)));
        failures.forEach(failure -> text.append("  FAILED ").append(failure).append('\n'));
        return text.toString();
    }
}
