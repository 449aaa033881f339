package io.millrace.block.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.JobControl;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobGateTest {

    private long now = 1;
    private final JobGate gate = new JobGate(() -> now);

    private static JobControl.Builder control(long revision) {
        return JobControl.newBuilder().setJobId("j").setRevision(revision);
    }

    private JobGate.Answer request(long bytes) {
        return gate.request(bytes, Duration.ZERO);
    }

    @Test
    void overTheSecondsNoMoreBytesPassThanTheLimitSays() {
        gate.apply(control(1).setBytesPerSecond(1_000).build());
        long passed = 0;
        for (int millis = 0; millis < 10_000; millis += 10) {
            if (request(700) == JobGate.Answer.PASS) {
                passed += 700;
            }
            now += 10_000_000;
        }
        // A second's worth is there at the beginning, and the last request may be paid back later.
        assertTrue(passed >= 10_000 && passed <= 11_000 + 700, passed + " bytes");
    }

    @Test
    void requestsAreLimitedBesideBytes() {
        gate.apply(control(1).setRequestsPerSecond(2).build());

        assertEquals(JobGate.Answer.PASS, request(1));
        assertEquals(JobGate.Answer.PASS, request(1));
        assertEquals(JobGate.Answer.LATER, request(1));
        now += 600_000_000;
        assertEquals(JobGate.Answer.PASS, request(1));
    }

    @Test
    void filesAtOnceAreLimitedUntilOneLeaves() {
        gate.apply(control(1).setFilesAtOnce(1).build());

        assertEquals(JobGate.Answer.PASS, gate.enter(Duration.ZERO));
        assertEquals(JobGate.Answer.LATER, gate.enter(Duration.ZERO));
        gate.leave();
        assertEquals(JobGate.Answer.PASS, gate.enter(Duration.ZERO));
    }

    @Test
    void anOlderRevisionChangesNothing() {
        gate.apply(control(3).setHalted(true).build());
        gate.apply(control(2).build());

        assertTrue(gate.isHalted());
        gate.apply(control(4).build());
        assertFalse(gate.isHalted());
    }

    @Test
    void whoWaitsHearsOfAHaltAtOnce() throws InterruptedException {
        JobGates gates = new JobGates(System::nanoTime);
        JobControl slow = control(1).setRequestsPerSecond(0.001).build();
        gates.apply(List.of(slow));
        JobGate of = gates.of(io.millrace.contracts.v1.Batch.newBuilder().setJobId("j").build());
        assertEquals(JobGate.Answer.PASS, of.request(1, Duration.ZERO));
        Thread waiter = Thread.ofVirtual().start(() -> of.request(1, Duration.ofMinutes(5)));

        gates.apply(List.of(slow.toBuilder().setRevision(2).setHalted(true).build()));

        assertTrue(waiter.join(Duration.ofSeconds(30)));
    }
}
