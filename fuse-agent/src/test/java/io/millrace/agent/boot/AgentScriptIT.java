package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
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

    private AgentRig rig;
    private Path caches;

    @BeforeEach
    void start() throws IOException {
        AgentRig.assumeMounts(getClass());
        rig = new AgentRig(directory);
        caches = directory.resolve("caches");
        rig.metadata.directory(ScriptedMetadata.ROOT, "sub");
    }

    @AfterEach
    void stop() throws Exception {
        if (rig != null) {
            rig.close();
        }
    }

    private Process mounted(String aot) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(SCRIPT.toString(), "-Dmillrace.agent.connect-timeout=60s"));
        command.addAll(rig.mountArguments());
        Process started =
                rig.launch(
                        command, Map.of("XDG_CACHE_HOME", caches.toString(), "MILLRACE_AOT", aot));
        String line = rig.awaitMounted(started);
        assertTrue(line.contains(" pid=" + started.pid() + " "), line);
        assertTrue(Files.isDirectory(rig.mountPoint.resolve("sub")));
        return started;
    }

    private void end(Process started) throws Exception {
        assertEquals(0, rig.terminated(started), rig::errors);
        assertFalse(Mounts.isMounted(rig.mountPoint));
    }

    private Optional<Path> cache() throws IOException {
        Path made = caches.resolve("millrace");
        if (!Files.isDirectory(made)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(made)) {
            return files.filter(file -> file.toString().endsWith(".aot")).findFirst();
        }
    }

    private static boolean maps(Process process, Path file) throws IOException {
        Path maps = Path.of("/proc", Long.toString(process.pid()), "maps");
        return Files.readString(maps).contains(file.toString());
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
        assertFalse(Files.exists(caches));
    }
}
