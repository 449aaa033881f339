package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

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

    @Test
    void aNativeImageStartsItself() throws Exception {
        List<String> image = List.of("fuse-agent", "mount", "/mnt", "--supervised");
        assertEquals(
                image.subList(1, image.size()),
                Holder.agentCommand("/m/scripts/fuse-agent", image).subList(1, image.size()));
    }
}
