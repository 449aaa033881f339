package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The agent as the process it is: started, stopped, killed, and started wrongly. */
@Timeout(180)
class AgentProcessIT {

    @TempDir Path directory;

    private ScriptedMetadata metadata;
    private Path mountPoint;
    private final List<Process> processes = new ArrayList<>();

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void start() throws IOException {
        String reason = Mounts.whyNot();
        if (!reason.isEmpty()) {
            System.out.println("SKIPPED AgentProcessIT: " + reason);
        }
        assumeTrue(reason.isEmpty(), reason);
        mountPoint = Files.createDirectory(directory.resolve("mnt")).toRealPath();
        metadata = new ScriptedMetadata();
        metadata.file(
                metadata.directory(ScriptedMetadata.ROOT, "sub"),
                "a",
                new FileSource(ScriptedMetadata.MOUNT_ID, "sub/a", "v", 10));
    }

    @AfterEach
    void stop() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        if (metadata != null) {
            Mounts.remove(mountPoint);
            metadata.close();
        }
    }

    private Process agent(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(
                List.of(
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dmillrace.agent.connect-timeout=60s",
                        "-Dmillrace.agent.unmount-grace=1s"));
        List<String> rest = new ArrayList<>(List.of(arguments));
        if (rest.getFirst().startsWith("-D")) {
            command.add(rest.removeFirst());
        }
        command.add("-jar");
        command.add(Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath().toString());
        command.addAll(rest);
        Process process =
                new ProcessBuilder(command)
                        .redirectError(directory.resolve("err").toFile())
                        .start();
        processes.add(process);
        return process;
    }

    private Process mounted(String... more) throws IOException {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "mount",
                                mountPoint.toString(),
                                "--metadata-service",
                                "127.0.0.1:" + metadata.port()));
        arguments.addAll(List.of(more));
        Process agent = agent(arguments.toArray(String[]::new));
        String line = agent.inputReader().readLine();
        assertNotNull(line, () -> "the agent ended: " + errors());
        assertTrue(line.startsWith("mounted path=/"), line);
        assertTrue(line.contains(" at=" + mountPoint + " pid=" + agent.pid() + " "), line);
        assertTrue(line.matches(".* read-policy=(passthrough|no-open)"), line);
        return agent;
    }

    private Ended ended(String... arguments) throws Exception {
        Process agent = agent(arguments);
        assertTrue(agent.waitFor(90, TimeUnit.SECONDS), "the agent did not end");
        String out = new String(agent.getInputStream().readAllBytes());
        return new Ended(agent.exitValue(), out, errors());
    }

    private String errors() {
        try {
            return Files.readString(directory.resolve("err")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void sigtermUnmountsAndExitsWithZero() throws Exception {
        Path ready = directory.resolve("ready.json");
        Path stats = directory.resolve("stats.json");
        Process agent = mounted("--ready-file", ready.toString(), "--stats-file", stats.toString());
        assertEquals(10, Files.size(mountPoint.resolve("sub/a")));
        assertTrue(Files.readString(ready).contains("\"pid\":" + agent.pid()));
        agent.toHandle().destroy();
        assertTrue(agent.waitFor(30, TimeUnit.SECONDS), "SIGTERM did not end the agent");
        assertEquals(0, agent.exitValue(), this::errors);
        assertFalse(Mounts.isMounted(mountPoint));
        assertTrue(Files.readString(stats).contains("\"metadata_calls\":"));
    }

    @Test
    void sigtermTakesTheMountFromWhoUsesIt() throws Exception {
        Process agent = mounted();
        FileChannel open = FileChannel.open(mountPoint.resolve("sub/a"));
        agent.toHandle().destroy();
        assertTrue(agent.waitFor(30, TimeUnit.SECONDS), "SIGTERM did not end the agent");
        assertEquals(0, agent.exitValue(), this::errors);
        assertFalse(Mounts.isMounted(mountPoint));
        try {
            open.close();
        } catch (IOException e) {
            assertEquals("Transport endpoint is not connected", e.getMessage());
        }
    }

    @Test
    void sigtermEndsItSoonThoughMetadataServiceNeverAnswers() throws Exception {
        Process agent = mounted();
        metadata.hanging = true;
        Process reader =
                new ProcessBuilder("stat", mountPoint.resolve("unknown").toString()).start();
        processes.add(reader);
        while (metadata.lookups.get() == 0) {
            Thread.onSpinWait();
        }
        agent.toHandle().destroy();
        assertTrue(agent.waitFor(10, TimeUnit.SECONDS), "SIGTERM did not end the agent");
        assertEquals(0, agent.exitValue(), this::errors);
        assertTrue(reader.waitFor(10, TimeUnit.SECONDS), "the reader hangs");
        assertFalse(Mounts.isMounted(mountPoint));
    }

    @Test
    void anUnmountByOthersEndsTheAgent() throws Exception {
        Process agent = mounted();
        assertEquals(0, new ProcessBuilder("umount", mountPoint.toString()).start().waitFor());
        assertTrue(agent.waitFor(30, TimeUnit.SECONDS), "the agent stayed");
        assertEquals(0, agent.exitValue(), this::errors);
    }

    @Test
    void aKilledAgentLeavesNoMount() throws Exception {
        Process agent = mounted();
        Process reader =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                "while :; do cat \"$0\" || exit; done",
                                mountPoint + "/sub/a")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        processes.add(reader);
        long killed = System.nanoTime();
        agent.destroyForcibly().waitFor();
        assertTrue(reader.waitFor(5, TimeUnit.SECONDS), "a reader hangs");
        Mounts.await("the mount is gone", () -> !Mounts.isMounted(mountPoint));
        long millis = (System.nanoTime() - killed) / 1_000_000;
        assertTrue(millis < 5_000, "the mount was gone after " + millis + " ms");
        assertEquals(0, Files.list(mountPoint).count());
        Process next = mounted("--path", "/sub");
        assertEquals(10, Files.size(mountPoint.resolve("a")));
        next.toHandle().destroy();
        assertTrue(next.waitFor(30, TimeUnit.SECONDS));
        assertFalse(Mounts.isMounted(mountPoint));
    }

    @Test
    void noHelperOutlivesACleanStop() throws Exception {
        Process agent = mounted();
        List<ProcessHandle> helpers = agent.descendants().toList();
        assertEquals(1, helpers.size());
        agent.toHandle().destroy();
        assertTrue(agent.waitFor(30, TimeUnit.SECONDS));
        assertFalse(helpers.getFirst().isAlive());
    }

    @Test
    void aWrongStartIsOneSentence() throws Exception {
        String service = "127.0.0.1:" + metadata.port();
        String dir = mountPoint.toString();
        Path absent = mountPoint.resolveSibling("absent");
        assertFailed(
                "mount point " + absent + " does not exist",
                ended("mount", absent.toString(), "--metadata-service", service));
        assertFailed(
                "path /absent does not exist",
                ended("mount", dir, "--metadata-service", service, "--path", "/absent"));
        assertFailed(
                "only directories mount",
                ended("mount", dir, "--metadata-service", service, "--path", "/sub/a"));
        assertFailed("it must be host:port", ended("mount", dir, "--metadata-service", "nowhere"));
        assertFailed(
                "127.0.0.1:1 did not answer",
                ended(
                        "-Dmillrace.agent.connect-timeout=1s",
                        "mount",
                        dir,
                        "--metadata-service",
                        "127.0.0.1:1"));
        assertFailed(
                "millrace.agent.waiting-reads is 0",
                ended("-Dmillrace.agent.waiting-reads=0", "mount", dir));
        assertFalse(Mounts.isMounted(mountPoint));
    }

    @Test
    void anUnknownOptionIsRefused() throws Exception {
        Ended ended = ended("mount", mountPoint.toString(), "--no-such-option");
        assertEquals(2, ended.code());
        assertTrue(ended.err().contains("--no-such-option"), ended.err());
    }

    private static void assertFailed(String sentence, Ended ended) {
        assertTrue(ended.code() != 0, "exit code 0");
        assertEquals("", ended.out());
        assertEquals(1, ended.err().lines().count(), ended.err());
        assertTrue(ended.err().contains(sentence), ended.err());
    }
}
