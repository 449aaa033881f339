package io.millrace.testkit.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A minute of it; {@code bench/run chaos} runs for ten. */
class ChaosIT {

    @Test
    void noReadFailsAndNoByteIsWrongWhateverFails() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            String reason = "needs root, for a file system that can be full";
            System.out.println("SKIPPED " + reason);
            Assumptions.abort(reason);
        }
        long seed = Long.getLong("millrace.seed", System.nanoTime() % 1_000_000);
        ChaosReport report = ChaosRun.run(new ChaosSettings(Duration.ofMinutes(1), seed, 6));
        System.out.print(report);
        assertTrue(report.reads() > 100, report.toString());
        assertEquals(0, report.wrongBytes(), report.toString());
        assertEquals(0, report.failed(), report.toString());
    }
}
