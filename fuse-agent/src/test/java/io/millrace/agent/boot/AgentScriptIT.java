package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/fuse-agent} and the AOT cache it makes. */
@Timeout(240)
class AgentScriptIT {

    private static final Path SCRIPT = Path.of("../scripts/fuse-agent").toAbsolutePath();

    @TempDir Path directory;

    private ScriptedMetadata metadata;
    private Path mountPoint;
    private @Nullable Process agent;

    @BeforeEach
    void start() throws IOException {
        String reason = Mounts.whyNot();
        if (!reason.isEmpty()) {
            System.out.println("SKIPPED AgentScriptIT: " + reason);
        }
        assumeTrue(reason.isEmpty(), reason);
        mountPoint = Files.createDirectory(directory.resolve("mnt")).toRealPath();
        metadata = new ScriptedMetadata();
        metadata.directory(ScriptedMetadata.ROOT, "sub");
    }

    @AfterEach
    void stop() throws Exception {
        if (agent != null) {
            agent.destroyForcibly().waitFor();
        }
        if (metadata != null) {
            Mounts.remove(mountPoint);
            metadata.close();
        }
    }

    private Process mounted(String aot) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                                SCRIPT.toString(),
                                "-Dmillrace.agent.connect-timeout=60s",
                                "mount",
                                mountPoint.toString(),
                                "--metadata-service",
                                "127.0.0.1:" + metadata.port())
                        .redirectError(directory.resolve("err").toFile());
        builder.environment().put("XDG_CACHE_HOME", directory.toString());
        builder.environment().put("MILLRACE_AOT", aot);
        Process started = builder.start();
        agent = started;
        String line = started.inputReader().readLine();
        assertNotNull(line, () -> "the agent ended: " + errors());
        assertTrue(line.startsWith("mounted path=/"), line);
        assertTrue(line.contains(" pid=" + started.pid() + " "), line);
        assertTrue(Files.isDirectory(mountPoint.resolve("sub")));
        return started;
    }

    private void end(Process started) throws Exception {
        started.destroy();
        assertTrue(started.waitFor(30, TimeUnit.SECONDS), "SIGTERM did not end the agent");
        assertEquals(0, started.exitValue(), this::errors);
        assertFalse(Mounts.isMounted(mountPoint));
    }

    private Optional<Path> cache() throws IOException {
        Path caches = directory.resolve("millrace");
        if (!Files.isDirectory(caches)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(caches)) {
            return files.filter(file -> file.toString().endsWith(".aot")).findFirst();
        }
    }

    private static boolean maps(Process process, Path file) throws IOException {
        Path maps = Path.of("/proc", Long.toString(process.pid()), "maps");
        return Files.readString(maps).contains(file.toString());
    }

    private String errors() {
        try {
            return Files.readString(directory.resolve("err")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void theFirstStartMakesACacheThatLaterOnesUseAndABadOneHindersNone() throws Exception {
        Process first = mounted("");
        Optional<Path> made = cache();
        assertTrue(made.isEmpty());
        // The test's own limit ends this.
        while ((made = cache()).isEmpty()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
        Path cache = made.orElseThrow().toRealPath();
        end(first);

        Process second = mounted("");
        assertTrue(maps(second, cache), "the cache is not used");
        end(second);

        Files.write(cache, new byte[8192], StandardOpenOption.TRUNCATE_EXISTING);
        end(mounted(""));
    }

    @Test
    void withoutCachesNothingIsMade() throws Exception {
        end(mounted("never"));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(
                    List.of("err", "mnt"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }
}
