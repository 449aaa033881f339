package io.millrace.testkit.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs real commands, as a user's shell does. */
public final class Shell {

    /**
     * How a command ended.
     *
     * @param exit its status
     * @param out what it wrote to its standard output
     * @param err what it wrote to its standard error
     */
    public record Outcome(int exit, String out, String err) {

        /** Its output, when it succeeded; fails the test with both streams otherwise. */
        public String expectSuccess() {
            if (exit != 0) {
                throw new AssertionError("exit " + exit + "\n" + out + "\n" + err);
            }
            return out;
        }
    }

    private Shell() {}

    /**
     * Runs {@code command} in {@code directory}; a command that takes longer is killed, and the
     * test fails.
     */
    public static Outcome run(Path directory, Duration limit, String... command)
            throws InterruptedException {
        return run(directory, limit, Map.of(), command);
    }

    /** As above, with more environment variables. */
    public static Outcome run(
            Path directory, Duration limit, Map<String, String> environment, String... command)
            throws InterruptedException {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            CompletableFuture<String> out = reading(process.inputReader(StandardCharsets.UTF_8));
            CompletableFuture<String> err = reading(process.errorReader(StandardCharsets.UTF_8));
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(List.of(command) + " took longer than " + limit);
            }
            return new Outcome(process.exitValue(), out.join(), err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CompletableFuture<String> reading(java.io.BufferedReader stream) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> {
                    StringBuilder read = new StringBuilder();
                    try (stream) {
                        char[] part = new char[8192];
                        for (int n; (n = stream.read(part)) >= 0; ) {
                            read.append(part, 0, n);
                        }
                    } catch (IOException e) {
                        read.append(e);
                    }
                    text.complete(read.toString());
                });
        return text;
    }
}
