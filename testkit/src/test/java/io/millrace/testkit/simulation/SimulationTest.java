package io.millrace.testkit.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bench/run simulate} runs 10,000 seeds. */
class SimulationTest {

    private static final int SEEDS = 500;

    /** A seed that fails is printed with its trace, and how to run it again. */
    @Test
    void noSeedBreaksAnInvariant() {
        long first = Long.getLong("millrace.seed", 1);
        assertEquals(
                0, SimulationMain.run(SEEDS, first, Simulation.fastDirectory()), "see the output");
    }

    @Test
    void aSeedGivesTheSameTraceEachTime() {
        for (long seed = 1; seed <= 10; seed++) {
            Outcome once = Simulation.run(seed, Simulation.fastDirectory());
            Outcome again = Simulation.run(seed, Simulation.fastDirectory());
            assertEquals(once.trace(), again.trace());
            assertEquals(once.traceHash(), again.traceHash());
            assertTrue(once.trace().size() > 100, once.report());
        }
    }

    /**
     * What cannot fail proves nothing: each defect is one that an invariant must tell. A defect may
     * show as something else first, such as a wrong version that is too short and so breaks off.
     */
    @ParameterizedTest
    @CsvSource({
        "STORE_IGNORES_VERSION, served wrong bytes",
        "NETWORK_SPOILS_CHECKED_BYTES, served wrong bytes",
        "STORE_NEVER_ANSWERS, does not end",
        "PINNED_IS_DROPPED, lost what is pinned",
        "CAPACITY_IS_IGNORED, bytes of"
    })
    void aDefectIsSeen(Defect defect, String violation) {
        Optional<Outcome> seen =
                LongStream.rangeClosed(1, 20)
                        .mapToObj(seed -> Simulation.run(seed, Simulation.fastDirectory(), defect))
                        .filter(outcome -> outcome.violation().orElse("").contains(violation))
                        .findFirst();
        assertTrue(seen.isPresent(), () -> defect + ": 20 seeds without: " + violation);
        assertTrue(seen.get().trace().toString().contains("VIOLATED"));
    }
}
