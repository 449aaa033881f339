package io.millrace.standalone.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProcessIdentityTest {

    @Test
    void a_process_is_alive_until_it_is_killed() throws Exception {
        Process process = new ProcessBuilder("sleep", "600").start();
        ProcessIdentity identity = ProcessIdentity.of(process.pid()).orElseThrow();
        assertTrue(identity.isAlive());
        identity.kill();
        assertTrue(identity.awaitEnd(Duration.ofSeconds(10)));
        assertFalse(identity.isAlive());
        process.waitFor();
        assertTrue(ProcessIdentity.of(process.pid()).isEmpty());
    }

    @Test
    void another_process_under_the_same_pid_is_left_alone() throws Exception {
        Process process = new ProcessBuilder("sleep", "600").start();
        try {
            ProcessIdentity earlier =
                    new ProcessIdentity(
                            process.pid(),
                            ProcessIdentity.of(process.pid()).orElseThrow().started() + "0");
            assertFalse(earlier.isAlive());
            earlier.kill();
            earlier.terminate();
            assertTrue(process.isAlive());
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void the_identity_of_a_process_stays_the_same() {
        long own = ProcessHandle.current().pid();
        assertEquals(ProcessIdentity.of(own), ProcessIdentity.of(own));
    }
}
