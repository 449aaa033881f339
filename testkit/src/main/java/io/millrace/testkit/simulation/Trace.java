package io.millrace.testkit.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What happened, line by line, and whether something happened that must not. */
final class Trace {

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final List<String> lines = new ArrayList<>();
    private long hash = FNV_OFFSET;
    private String violation = "";

    void add(String line) {
        lines.add(line);
        for (int i = 0; i < line.length(); i++) {
            hash = (hash ^ line.charAt(i)) * FNV_PRIME;
        }
    }

    /** An invariant is broken; the first one counts. */
    void violated(String invariant) {
        add("VIOLATED " + invariant);
        if (violation.isEmpty()) {
            violation = invariant;
        }
    }

    void check(boolean holds, String invariant) {
        if (!holds) {
            violated(invariant);
        }
    }

    boolean isViolated() {
        return !violation.isEmpty();
    }

    Optional<String> violation() {
        return violation.isEmpty() ? Optional.empty() : Optional.of(violation);
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    long hash() {
        return hash;
    }
}
