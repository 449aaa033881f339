package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    private AgentRig rig;
    private Path mountPoint;

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void start() throws IOException {
        AgentRig.assumeMounts(getClass());
        rig = new AgentRig(directory);
        mountPoint = rig.mountPoint;
        rig.remoteFile(rig.metadata.directory(ScriptedMetadata.ROOT, "sub"), "a", 10, 1);
    }

    @AfterEach
    void stop() throws Exception {
        if (rig != null) {
            rig.close();
        }
    }

    private Process mounted(String... more) throws IOException {
        Process agent = rig.start(List.of(), rig.mountArguments(more));
        String line = rig.awaitMounted(agent);
        assertTrue(line.contains(" at=" + mountPoint + " pid=" + agent.pid() + " "), line);
        assertTrue(line.matches(".* read-policy=(passthrough|no-open)"), line);
        return agent;
    }

    private Ended ended(List<String> settings, String... arguments) throws Exception {
        Files.deleteIfExists(rig.errorFile());
        Process agent = rig.start(settings, List.of(arguments));
        assertTrue(agent.waitFor(90, TimeUnit.SECONDS), "the agent did not end");
        String out = new String(agent.getInputStream().readAllBytes());
        return new Ended(agent.exitValue(), out, rig.errors());
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
        assertEquals(0, agent.exitValue(), rig::errors);
        assertFalse(Mounts.isMounted(mountPoint));
        assertTrue(Files.readString(stats).contains("\"metadata_calls\":"));
    }

    @Test
    void sigtermTakesTheMountFromWhoUsesIt() throws Exception {
        Process agent = mounted();
        FileChannel open = FileChannel.open(mountPoint.resolve("sub/a"));
        agent.toHandle().destroy();
        assertTrue(agent.waitFor(30, TimeUnit.SECONDS), "SIGTERM did not end the agent");
        assertEquals(0, agent.exitValue(), rig::errors);
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
        rig.metadata.hanging = true;
        Process reader = rig.run("stat", mountPoint.resolve("unknown").toString());
        while (rig.metadata.lookups.get() == 0) {
            Thread.onSpinWait();
        }
        agent.toHandle().destroy();
        assertTrue(agent.waitFor(10, TimeUnit.SECONDS), "SIGTERM did not end the agent");
        assertEquals(0, agent.exitValue(), rig::errors);
        assertTrue(reader.waitFor(10, TimeUnit.SECONDS), "the reader hangs");
        assertFalse(Mounts.isMounted(mountPoint));
    }

    @Test
    void anUnmountByOthersEndsTheAgent() throws Exception {
        Process agent = mounted();
        assertEquals(0, new ProcessBuilder("umount", mountPoint.toString()).start().waitFor());
        assertTrue(agent.waitFor(30, TimeUnit.SECONDS), "the agent stayed");
        assertEquals(0, agent.exitValue(), rig::errors);
    }

    @Test
    void aKilledAgentLeavesNoMount() throws Exception {
        Process agent = mounted();
        Process reader =
                rig.run(
                        "sh",
                        "-c",
                        "while :; do cat \"$0\" >/dev/null 2>&1 || exit; done",
                        mountPoint + "/sub/a");
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
    void aMillionEntriesAreListedByAnAgentOfTheUsualHeap() throws Exception {
        var _ =
                rig.metadata.directory(
                        ScriptedMetadata.ROOT,
                        "many",
                        1_000_000,
                        new FileSource(
                                ScriptedMetadata.MOUNT_ID, "a/key/of/some/length", "\"etag\"", 10));
        Process agent = rig.start(List.of("-Xmx256m"), rig.mountArguments());
        var _ = rig.awaitMounted(agent);
        Process list = rig.run("sh", "-c", "ls -f \"$0\" | wc -l", mountPoint + "/many");
        assertEquals("1000002", list.inputReader().readLine().strip(), rig::errors);
        assertTrue(agent.isAlive(), rig::errors);
        String peak =
                Files.readAllLines(Path.of("/proc/" + agent.pid() + "/status")).stream()
                        .filter(line -> line.startsWith("VmHWM:"))
                        .findFirst()
                        .orElseThrow();
        System.out.println("AgentProcessIT: a directory of 1,000,000 entries: " + peak);
        long kibibytes = Long.parseLong(peak.replaceAll("[^0-9]", ""));
        assertTrue(kibibytes < 600L << 10, peak);
    }

    @Test
    void moreFilesThanTheAgentMayOpenAreReadAllTheSame() throws Exception {
        int files = 600;
        for (int i = 0; i < files; i++) {
            var _ = rig.localFile(ScriptedMetadata.ROOT, "f" + i, 1_000, i);
        }
        List<String> command = new ArrayList<>(List.of("prlimit", "--nofile=400:400"));
        command.addAll(AgentRig.command(List.of(), rig.mountArguments("--read-policy", "no-open")));
        var _ = rig.awaitMounted(rig.launch(command, Map.of()));
        List<FileChannel> open = new ArrayList<>();
        try {
            for (int i = 0; i < files; i++) {
                FileChannel file = FileChannel.open(mountPoint.resolve("f" + i));
                open.add(file);
                ByteBuffer read = ByteBuffer.allocate(1_000);
                assertEquals(1_000, file.read(read), rig::errors);
                assertArrayEquals(AgentRig.content(1_000, i), read.array());
            }
        } finally {
            for (FileChannel each : open) {
                each.close();
            }
        }
        assertEquals(0, rig.worker.requests.get(), "all lie on this host");
    }

    @Test
    void aWrongStartIsOneSentence() throws Exception {
        Path absent = mountPoint.resolveSibling("absent");
        Path file = Files.createFile(mountPoint.resolveSibling("file"));
        assertMisused(
                "mount point " + absent + " does not exist: create the directory first",
                ended(List.of(), "mount", absent.toString()));
        assertMisused(
                "mount point " + file + " is not a directory: name one",
                ended(List.of(), "mount", file.toString()));
        assertMisused(
                "mount point "
                        + directory
                        + " is not empty: use an empty directory, or --non-empty",
                ended(List.of(), "mount", directory.toString()));
        assertMisused(
                "path /absent does not exist in the namespace: 'millrace fs ls' shows what does",
                wrongly("--path", "/absent"));
        assertMisused("a is a file: only directories mount", wrongly("--path", "/sub/a"));
        assertMisused(
                "it must be host:port",
                ended(List.of(), "mount", mountPoint.toString(), "--metadata-service", "nowhere"));
        assertMisused(
                "--read-policy is 'fast': it must be auto, passthrough, no-open or direct",
                wrongly("--read-policy", "fast"));
        assertMisused("--uid is -1: it must be 0 to 4294967294", wrongly("--uid", "-1"));
        assertMisused(
                "--gid is 4294967295: it must be 0 to 4294967294", wrongly("--gid", "4294967295"));
        Ended away =
                ended(
                        List.of("-Dmillrace.agent.connect-timeout=1s"),
                        "mount",
                        mountPoint.toString(),
                        "--metadata-service",
                        "127.0.0.1:1");
        assertFailed(1, "127.0.0.1:1 did not answer", away);
        Ended unset =
                ended(List.of("-Dmillrace.agent.waiting-reads=0"), "mount", mountPoint.toString());
        assertMisused("millrace.agent.waiting-reads is 0", unset);
        assertFalse(Mounts.isMounted(mountPoint));
    }

    private Ended wrongly(String... options) throws Exception {
        return ended(List.of(), rig.mountArguments(options).toArray(String[]::new));
    }

    @Test
    void anUnknownOptionIsRefused() throws Exception {
        Ended ended = wrongly("--no-such-option");
        assertMisused("Unknown option: '--no-such-option'", ended);
        assertMisused("--uid", wrongly("--uid", "root"));
    }

    private static void assertMisused(String sentence, Ended ended) {
        assertFailed(2, sentence, ended);
    }

    private static void assertFailed(int code, String sentence, Ended ended) {
        assertEquals(code, ended.code(), ended.err());
        assertEquals("", ended.out());
        assertEquals(1, ended.err().lines().count(), ended.err());
        assertTrue(ended.err().contains(sentence), ended.err());
    }
}
