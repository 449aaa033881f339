package io.millrace.block.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A worker as users run it; gone when closed, whatever happened. */
final class WorkerProcess implements AutoCloseable {

    private static final Path PROGRAM = Path.of("target", "quarkus-app", "quarkus-run.jar");

    final Process process;
    private final Path log;

    private WorkerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts one with settings of a worker, or of Quarkus when they start with {@code *}. */
    static WorkerProcess start(Path directory, String... settings) throws IOException {
        Path log = Files.createTempFile(directory, "worker-", ".log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dquarkus.http.port=0",
                        "-Dquarkus.grpc.server.port=0",
                        "-Dmillrace.worker.data-port=0",
                        "-Dmillrace.worker.free-space-reserve=0",
                        "-Dmillrace.worker.lease-renewal=100ms",
                        "-Dmillrace.worker.cache-directories=" + directory.resolve("cache"),
                        "-Dkafka.bootstrap.servers="));
        for (String setting : settings) {
            command.add(
                    setting.startsWith("*")
                            ? "-D" + setting.substring(1)
                            : "-Dmillrace.worker." + setting);
        }
        command.add("-jar");
        command.add(PROGRAM.toAbsolutePath().toString());
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        return new WorkerProcess(process, log);
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its exit code, at most 60 s from now. */
    int exit() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the worker does not end: " + log());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
