package io.millrace.testkit.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.cluster.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When {@code ./millrace} builds, in a tree whose build leaves a mark and fails. */
class LauncherScriptIT {

    private static final Path REAL = Path.of("..").toAbsolutePath().normalize();
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir Path directory;

    private Path root;
    private Path home;

    @BeforeEach
    void makeTree() throws IOException {
        root = Files.createDirectories(directory.resolve("tree"));
        home = directory.resolve("home");
        Files.createDirectory(root.resolve(".mvn"));
        for (String file : List.of("millrace", ".mvn/jdk.sh")) {
            Files.copy(REAL.resolve(file), root.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        Path build = root.resolve("mvnw");
        Files.writeString(build, "#!/bin/sh\ntouch was-built\nexit 1\n");
        assertTrue(build.toFile().setExecutable(true));
    }

    @ParameterizedTest
    @CsvSource({
        "status, 1",
        "down, 0",
        "--help, 0",
        "--version, 0",
        "job load --help, 0",
        "--format json status, 1",
    })
    void what_asks_or_stops_is_answered_by_the_program_that_is_there(String line, int exit)
            throws Exception {
        programsOlderThanTheirSources();

        Shell.Outcome outcome = millrace(line);

        assertEquals(exit, outcome.exit(), outcome.toString());
        assertEquals("", outcome.err());
        assertFalse(outcome.out().isBlank());
        assertFalse(wasBuilt());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mount ls", "--format json job ls", "--timeout 5 fs ls /status"})
    void other_commands_build_what_is_older_than_its_sources(String line) throws Exception {
        programsOlderThanTheirSources();

        Shell.Outcome outcome = millrace(line);

        assertEquals(1, outcome.exit(), outcome.toString());
        assertTrue(outcome.err().contains("the build failed"), outcome.toString());
        assertTrue(wasBuilt());
    }

    @Test
    void in_a_tree_that_was_never_built_status_says_so() throws Exception {
        assertSentence(1, millrace("status"), "nothing runs under " + home);
        assertSentence(1, millrace("--format=json status"), "nothing is built in " + root);
    }

    @Test
    void in_a_tree_that_was_never_built_there_is_nothing_to_stop() throws Exception {
        assertSentence(0, millrace("down"), "nothing was running under " + home);
    }

    @Test
    void what_another_build_started_is_not_said_to_be_down() throws Exception {
        Files.createDirectories(home.resolve("run"));
        Files.writeString(home.resolve("run/cluster.json"), "{}");

        assertSentence(1, millrace("down"), "cannot look after what was started under " + home);
        assertSentence(1, millrace("status"), "cannot look after what was started under " + home);
    }

    private void assertSentence(int exit, Shell.Outcome outcome, String part) {
        assertEquals(exit, outcome.exit(), outcome.toString());
        assertTrue(outcome.err().contains(part), outcome.toString());
        assertEquals(1, outcome.err().lines().count(), outcome.toString());
        assertEquals("", outcome.out());
        assertFalse(wasBuilt());
    }

    private void programsOlderThanTheirSources() throws IOException {
        Path target = Files.createDirectories(root.resolve("standalone/target"));
        Files.createSymbolicLink(
                target.resolve("quarkus-app"), REAL.resolve("standalone/target/quarkus-app"));
        for (String module :
                List.of(
                        "block-service",
                        "fuse-agent",
                        "metadata-service",
                        "job-service",
                        "web-console")) {
            Path app = Files.createDirectories(root.resolve(module).resolve("target/quarkus-app"));
            Files.createFile(app.resolve("quarkus-run.jar"));
        }
        Path sources = Files.createDirectories(root.resolve("standalone/src/main/java"));
        Files.createFile(sources.resolve("JustWritten.java"));
    }

    private boolean wasBuilt() {
        return Files.exists(root.resolve("was-built"));
    }

    private Shell.Outcome millrace(String line) throws InterruptedException {
        String[] command =
                Stream.concat(
                                Stream.of(root.resolve("millrace").toString()),
                                Stream.of(line.split(" ")))
                        .toArray(String[]::new);
        return Shell.run(root, LIMIT, Map.of("MILLRACE_HOME", home.toString()), command);
    }
}
