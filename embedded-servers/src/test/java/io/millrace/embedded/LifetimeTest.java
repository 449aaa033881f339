package io.millrace.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the servers when the process that started them is killed. */
class LifetimeTest {

    @TempDir Path directory;

    @AfterEach
    void stopAll() {
        Stream.<Optional<? extends EmbeddedServer>>of(
                        PostgresServer.running(directory.resolve("postgres")),
                        KafkaServer.running(directory.resolve("kafka")),
                        S3Server.running(directory.resolve("s3")))
                .flatMap(Optional::stream)
                .forEach(EmbeddedServer::stop);
    }

    @Test
    void serversWithParentAreGoneAfterItsKill() throws Exception {
        for (long pid : startAndKill(Lifetime.WITH_PARENT)) {
            assertTrue(
                    Eventually.holds(Duration.ofSeconds(20), () -> ProcessHandle.of(pid).isEmpty()),
                    () -> "still there: " + ProcessHandle.of(pid).map(ProcessHandle::info));
        }
        assertEquals(
                List.of(),
                ProcessTable.in(PostgresStart.data(directory.resolve("postgres")), "postgres"));
    }

    @Test
    void detachedServersStayAndAreFoundAgain() throws Exception {
        List<Long> pids = startAndKill(Lifetime.DETACHED);
        PostgresServer postgres =
                PostgresServer.running(directory.resolve("postgres")).orElseThrow();
        KafkaServer kafka = KafkaServer.running(directory.resolve("kafka")).orElseThrow();
        S3Server s3 = S3Server.running(directory.resolve("s3")).orElseThrow();
        assertEquals(pids, List.of(postgres.pid(), kafka.pid(), s3.pid()));
        postgres.connect("postgres").close();
        List.of(postgres, kafka, s3).parallelStream().forEach(EmbeddedServer::stop);
        for (long pid : pids) {
            assertTrue(
                    Eventually.holds(Duration.ofSeconds(5), () -> ProcessHandle.of(pid).isEmpty()));
        }
    }

    private List<Long> startAndKill(Lifetime lifetime) throws Exception {
        Process parent =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-Xmx128m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                String.join(File.pathSeparator, ChildClassPath.own()),
                                ParentMain.class.getName(),
                                directory.toString(),
                                lifetime.name())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (BufferedReader out = parent.inputReader(UTF_8)) {
            String line = out.readLine();
            assertNotNull(line, "the parent could not start the servers");
            return Stream.of(line.split(" ")).map(Long::valueOf).toList();
        } finally {
            parent.destroyForcibly().waitFor();
        }
    }
}
