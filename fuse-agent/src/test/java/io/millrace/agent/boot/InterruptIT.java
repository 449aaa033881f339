package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that wait for a mount whose servers say nothing, and are interrupted. */
@Timeout(180)
class InterruptIT {

    /** Far below every deadline of the agent, and far above what an interrupt takes. */
    private static final int AT_ONCE_SECONDS = 5;

    /** A program that was seen asleep as often in a row waits for the mount, not for its start. */
    private static final int SLEEPS_SEEN = 60;

    @TempDir Path directory;

    private AgentRig rig;
    private Process agent;

    @BeforeEach
    void start() throws IOException {
        AgentRig.assumeMounts(getClass());
        rig = new AgentRig(directory);
        long parent = rig.metadata.directory(ScriptedMetadata.ROOT, "d");
        rig.remoteFile(parent, "large", 8_000_000, 1);
        rig.remoteFile(parent, "small", 8_000, 2);
        rig.metadata.directory(parent, "unknown");
        agent = rig.mounted();
    }

    @AfterEach
    void stop() throws Exception {
        if (rig != null) {
            rig.close();
        }
    }

    /** Interrupts a program that waits, as Ctrl-C does. */
    private void assertInterruptible(String... command) throws Exception {
        Process program = rig.run(command);
        AtomicInteger asleep = new AtomicInteger();
        Mounts.await(
                command[0] + " waits for the mount",
                () -> {
                    asleep.set(isAsleep(program.pid()) ? asleep.get() + 1 : 0);
                    return !program.isAlive() || asleep.get() > SLEEPS_SEEN;
                });
        assertTrue(program.isAlive(), () -> "it did not wait: " + rig.errors());
        assertEquals(0, rig.run("kill", "-INT", Long.toString(program.pid())).waitFor());
        assertTrue(
                program.waitFor(AT_ONCE_SECONDS, TimeUnit.SECONDS),
                "SIGINT did not end " + String.join(" ", command));
        assertEquals(128 + 2, program.exitValue());
    }

    private static boolean isAsleep(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'S' || state == 'D';
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aReadFromAWorkerThatSaysNothing() throws Exception {
        assertEquals(8_000, Files.size(rig.mountPoint.resolve("d/small")));
        rig.worker.hanging = true;
        assertInterruptible("cat", rig.mountPoint + "/d/large");
        assertInterruptible("cat", rig.mountPoint + "/d/small");
        assertEquals(0, rig.terminated(agent), rig::errors);
    }

    @Test
    void aReadFromAWorkerThatIsGone() throws Exception {
        assertEquals(8_000, Files.size(rig.mountPoint.resolve("d/small")));
        rig.worker.close();
        assertInterruptible("cat", rig.mountPoint + "/d/large");
        assertEquals(0, rig.terminated(agent), rig::errors);
    }

    @Test
    void namesOfAMetadataServiceThatSaysNothing() throws Exception {
        rig.metadata.hanging = true;
        assertInterruptible("cat", rig.mountPoint + "/d/small");
        assertInterruptible("ls", rig.mountPoint.toString());
        rig.metadata.hanging = false;
        assertEquals(0, rig.terminated(agent), rig::errors);
    }

    @Test
    void namesOfAMetadataServiceThatIsGone() throws Exception {
        assertEquals(8_000, Files.size(rig.mountPoint.resolve("d/small")));
        rig.metadata.stop();
        assertInterruptible("cat", rig.mountPoint + "/d/unknown/file");
        assertInterruptible("ls", rig.mountPoint + "/d");
        rig.metadata.restart();
        assertEquals(0, rig.terminated(agent), rig::errors);
    }
}
