package io.millrace.standalone.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.MillraceException;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher with the real servers and services. */
final class ClusterIT {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir Path directory;

    @Test
    void a_part_that_was_killed_comes_back_and_the_others_stay_as_they_are() {
        Home home = new Home(directory);
        List<ProcessIdentity> all;
        try (Cluster cluster = Cluster.start(settings(home).withWorkers(1), line -> {})) {
            Map<String, Long> before = pids(cluster);
            cluster.part("worker-1").kill();
            assertFalse(cluster.part("worker-1").isRunning());

            cluster.part("worker-1").start();

            Map<String, Long> after = pids(cluster);
            assertNotEquals(before.remove("worker-1"), after.remove("worker-1"));
            assertEquals(before, after);
            all = processes(cluster);
        }
        all.forEach(process -> assertFalse(process.isAlive(), process.toString()));
        assertFalse(ClusterState.read(home).orElseThrow().isRunning());
    }

    @Test
    void starting_again_keeps_ports_and_workers() {
        Home home = new Home(directory);
        List<Map<String, Integer>> ports = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (Cluster cluster =
                    Cluster.start(settings(home).withWorkers(i == 0 ? 1 : null), line -> {})) {
                assertEquals(1, cluster.workers().size());
                ports.add(
                        Map.of(
                                "s3", cluster.part("s3").port("s3"),
                                "http", cluster.part("control-plane").port("http")));
            }
        }
        assertEquals(ports.get(0), ports.get(1));
    }

    @Test
    void a_part_that_fails_is_named_with_its_log_and_nothing_is_left_running() {
        Home home = new Home(directory);
        ClusterSettings settings =
                settings(home)
                        .withWorkers(0)
                        .withProperty(PartKind.CONTROL_PLANE, "millrace.metadata.slots", "0");

        MillraceException failure =
                assertThrows(MillraceException.class, () -> Cluster.start(settings, line -> {}));

        assertTrue(
                failure.getMessage().startsWith("control-plane ended before it was ready"),
                failure.getMessage());
        assertTrue(failure.getMessage().contains("slots"), failure.getMessage());
        ClusterState state = ClusterState.read(home).orElseThrow();
        assertFalse(state.isRunning());
        assertTrue(state.parts().stream().allMatch(part -> part.process() == null));
    }

    @Test
    void a_second_command_waits_for_none_but_says_that_another_is_at_work() {
        Home home = new Home(directory);
        try (Home.Lock _ = home.lock()) {
            MillraceException failure =
                    assertThrows(
                            MillraceException.class,
                            () -> Cluster.start(settings(home), line -> {}));
            assertTrue(failure.getMessage().startsWith("another millrace command"));
        }
    }

    @Test
    void when_the_starting_process_is_killed_everything_goes_with_it() throws Exception {
        Process starter =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx128m",
                                "-cp",
                                Objects.requireNonNullElse(
                                        System.getProperty("surefire.test.class.path"),
                                        System.getProperty("java.class.path")),
                                "-D"
                                        + Installation.ROOT_PROPERTY
                                        + "="
                                        + Installation.find().root(),
                                StartsAndWaits.class.getName(),
                                directory.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        List<ProcessIdentity> all = new ArrayList<>();
        try (BufferedReader lines = starter.inputReader()) {
            assertEquals("started", lines.readLine());
            ClusterState state = ClusterState.read(new Home(directory)).orElseThrow();
            state.parts().forEach(part -> all.add(Objects.requireNonNull(part.process())));
            assertEquals(4, all.size());
            all.forEach(process -> assertTrue(process.isAlive(), process.toString()));
        } finally {
            starter.destroyForcibly().waitFor();
        }
        all.forEach(process -> assertTrue(process.awaitEnd(LIMIT), process.toString()));
    }

    /** Starts a cluster without workers and waits to be killed. */
    static final class StartsAndWaits {

        private StartsAndWaits() {}

        public static void main(String[] arguments) throws Exception {
            Home home = new Home(Path.of(arguments[0]));
            try (Cluster cluster = Cluster.start(settings(home).withWorkers(0), line -> {})) {
                System.out.println(cluster.state().isRunning() ? "started" : "not started");
                Thread.currentThread().join();
            }
        }
    }

    private static ClusterSettings settings(Home home) {
        return ClusterSettings.of(home, Lifetime.WITH_PARENT);
    }

    private static Map<String, Long> pids(Cluster cluster) {
        return cluster.parts().stream().collect(Collectors.toMap(Part::name, Part::pid));
    }

    private static List<ProcessIdentity> processes(Cluster cluster) {
        return cluster.state().parts().stream()
                .map(PartRecord::process)
                .map(Objects::requireNonNull)
                .toList();
    }
}
