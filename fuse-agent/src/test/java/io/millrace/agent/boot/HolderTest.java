package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.linux.LinuxFuseBinding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class HolderTest {

    private static final List<String> OWN =
            List.of(
                    "java",
                    "-Xmx256m",
                    "-XX:AOTCache=/c/a.aot",
                    "-Dmillrace.agent.readers=2",
                    "-jar",
                    "/app/quarkus-run.jar",
                    "mount",
                    "/mnt",
                    "--supervised");

    @Test
    void theNextAgentIsStartedByTheScriptThatStartedThisOne() throws Exception {
        assertEquals(
                List.of(
                        "/m/scripts/fuse-agent",
                        "-Dmillrace.agent.readers=2",
                        "mount",
                        "/mnt",
                        "--supervised"),
                Holder.agentCommand("/m/scripts/fuse-agent", OWN));
    }

    @Test
    void withoutAScriptTheSameCommandLineStartsIt() throws Exception {
        List<String> command = Holder.agentCommand(null, OWN);
        assertEquals(
                Files.readSymbolicLink(Path.of("/proc/self/exe")).toString(), command.getFirst());
        assertEquals(OWN.subList(1, OWN.size()), command.subList(1, command.size()));
    }

    /** The agents of the test are shells, and pauses between them are none. */
    @Test
    @Timeout(60)
    void afterAgentsThatAllEndAtOnceTheMountIsTakenAway(@TempDir Path directory) throws Exception {
        AgentRig.assumeMounts(getClass());
        assumeTrue(new LinuxFuseBinding().maySupervise());
        Path point = Files.createDirectory(directory.toRealPath().resolve("mnt"));
        Path state = Files.createDirectory(directory.resolve("state"));
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Files.writeString(bin.resolve("sleep"), "#!/bin/sh\n");
        assertTrue(bin.resolve("sleep").toFile().setExecutable(true));
        Path agent = directory.resolve("agent");
        Files.writeString(
                agent,
                """
                #!/bin/sh
                echo started >>"$0.starts"
                [ "$4" -gt 0 ] ||
                  mount -i -t fuse.millrace -o fd=9,rootmode=40000,user_id=0,group_id=0 none %s
                exit 1
                """
                        .formatted(point));
        assertTrue(agent.toFile().setExecutable(true));
        ProcessBuilder builder =
                new ProcessBuilder(
                                "/bin/sh",
                                "-c",
                                Holder.SCRIPT,
                                "millrace-holder",
                                state.toString(),
                                point.toString(),
                                Holder.mountInfoForm(point),
                                agent.toString())
                        .redirectErrorStream(true);
        builder.environment().merge("PATH", bin + ":", (path, first) -> first + path);
        Process holder = builder.start();
        try {
            String said = new String(holder.getInputStream().readAllBytes());
            assertEquals(1, holder.waitFor(), said);
            assertEquals(12, Files.readAllLines(Path.of(agent + ".starts")).size(), said);
            assertTrue(
                    said.contains(
                            "fuse-agent: too many agents in a row ended at once; "
                                    + point
                                    + " is unmounted"),
                    said);
            assertFalse(Mounts.isMounted(point));
            assertFalse(Files.exists(state));
        } finally {
            holder.destroyForcibly();
            Mounts.remove(point);
        }
    }

    @Test
    void aNativeImageStartsItself() throws Exception {
        List<String> image = List.of("fuse-agent", "mount", "/mnt", "--supervised");
        assertEquals(
                image.subList(1, image.size()),
                Holder.agentCommand("/m/scripts/fuse-agent", image).subList(1, image.size()));
    }
}
