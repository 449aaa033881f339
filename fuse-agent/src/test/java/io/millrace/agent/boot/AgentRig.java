package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedDataPort;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Agents as processes, over a scripted metadata-service and a scripted worker with a cache
 * directory on this host.
 */
final class AgentRig implements AutoCloseable {

    final ScriptedMetadata metadata = new ScriptedMetadata();
    final ScriptedDataPort worker = new ScriptedDataPort("worker");
    final Path mountPoint;
    private final Path directory;
    private final Path cache;
    private final List<Process> processes = new ArrayList<>();

    AgentRig(Path directory) throws IOException {
        this.directory = directory;
        this.mountPoint = Files.createDirectory(directory.resolve("mnt")).toRealPath();
        this.cache = directory.resolve("cache");
        Files.createDirectories(cache.resolve("v1"));
        metadata.workers(
                List.of(
                        worker.worker().toBuilder()
                                .setHostId(
                                        Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                                                .strip())
                                .addCacheDirectories(cache.toString())
                                .build()));
    }

    /** Skips the test where nothing can be mounted. */
    static void assumeMounts(Class<?> test) {
        String reason = Mounts.whyNot();
        if (!reason.isEmpty()) {
            System.out.println("SKIPPED " + test.getSimpleName() + ": " + reason);
        }
        assumeTrue(reason.isEmpty(), reason);
    }

    static byte[] content(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A file of the namespace whose bytes the worker sends. */
    FileSource remoteFile(long parent, String name, int length, long seed) {
        FileSource source =
                new FileSource(ScriptedMetadata.MOUNT_ID, parent + "/" + name, "v" + seed, length);
        worker.serve(source, content(length, seed));
        metadata.file(parent, name, source);
        return source;
    }

    /** A file of the namespace that lies complete in the cache directory. */
    FileSource localFile(long parent, String name, int length, long seed) throws IOException {
        FileSource source =
                new FileSource(ScriptedMetadata.MOUNT_ID, parent + "/" + name, "v" + seed, length);
        Path cached = cached(source);
        Files.createDirectories(cached.resolveSibling(""));
        Files.write(cached, content(length, seed));
        metadata.file(parent, name, source);
        return source;
    }

    /** Where {@code source} lies in the cache directory. */
    Path cached(FileSource source) {
        String name = source.fileVersion().toString();
        return cache.resolve("v1")
                .resolve(name.substring(0, 2))
                .resolve(name.substring(2, 4))
                .resolve(name);
    }

    /** Starts the program. */
    Process start(List<String> settings, List<String> arguments) throws IOException {
        return launch(command(settings, arguments), Map.of());
    }

    /** What starts the program. */
    static List<String> command(List<String> settings, List<String> arguments) {
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
        command.addAll(settings);
        command.add("-jar");
        command.add(Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath().toString());
        command.addAll(arguments);
        return command;
    }

    /**
     * Starts the program by another command.
     *
     * @param environment beside that of the test
     */
    Process launch(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.appendTo(errorFile().toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** Starts an agent that has mounted when this returns. */
    Process mounted(String... more) throws IOException {
        Process agent = start(List.of(), mountArguments(more));
        var _ = awaitMounted(agent);
        return agent;
    }

    /** Of an agent of this rig's. */
    List<String> mountArguments(String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "mount",
                                mountPoint.toString(),
                                "--metadata-service",
                                "127.0.0.1:" + metadata.port()));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** Waits until {@code agent} has mounted; what it says then. */
    String awaitMounted(Process agent) throws IOException {
        String line = agent.inputReader().readLine();
        assertNotNull(line, () -> "the agent ended: " + errors());
        assertTrue(line.startsWith("mounted path=/"), line);
        return line;
    }

    /** Ends as a user of the shell would end it, and says how it ended. */
    int terminated(Process process) throws InterruptedException {
        process.toHandle().destroy();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "SIGTERM did not end the process");
        return process.exitValue();
    }

    /** Another program, which is ended with the test. */
    Process run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(process);
        return process;
    }

    Path errorFile() {
        return directory.resolve("err");
    }

    String errors() {
        try {
            return Files.readString(errorFile()).strip();
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() throws Exception {
        for (Process process : processes) {
            List<ProcessHandle> children = process.descendants().toList();
            process.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
            Mounts.remove(mountPoint);
            process.waitFor();
        }
        Mounts.remove(mountPoint);
        worker.close();
        metadata.close();
    }
}
