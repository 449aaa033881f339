package io.millrace.bench.warm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An agent in its own process, as it is shipped, with one mount. */
final class AgentMount implements AutoCloseable {

    private final Process process;
    private final Path directory;

    /**
     * Starts an agent and waits for its mount.
     *
     * @param jvmOptions beside those it is always started with
     */
    AgentMount(
            Path log, int metadataPort, String readPolicy, String binding, List<String> jvmOptions)
            throws IOException {
        directory = Files.createTempDirectory("millrace-warm-mount-");
        ProcessBuilder agent =
                new ProcessBuilder(
                                Path.of(System.getProperty("millrace.root"))
                                        .resolve("scripts/fuse-agent")
                                        .toString(),
                                "mount",
                                directory.toString(),
                                "--metadata-service",
                                "127.0.0.1:" + metadataPort,
                                "--read-policy",
                                readPolicy,
                                "--binding",
                                binding)
                        .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        // To make an AOT cache beside a measurement would spoil it.
        agent.environment().put("MILLRACE_AOT", "never");
        agent.environment().put("MILLRACE_AGENT_JAVA_OPTIONS", String.join(" ", jvmOptions));
        process = agent.start();
        String line = process.inputReader().readLine();
        if (line == null || !line.startsWith("mounted ")) {
            process.destroyForcibly();
            throw new IOException("the agent did not mount: see " + log);
        }
    }

    Path directory() {
        return directory;
    }

    /** What the agent has used since it was started. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new IOException("the agent did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the agent ended", e);
        } finally {
            process.destroyForcibly();
        }
        Files.delete(directory);
    }
}
