package io.millrace.bench;

import io.millrace.testkit.store.GeneratedObjects;
import io.millrace.testkit.store.LeanS3Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** A {@link LeanS3Server} in a process of its own, whose CPU time is not counted as ours. */
final class LeanBucket implements AutoCloseable {

    private final Process process;
    private final String endpoint;

    private LeanBucket(Process process, String endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    /**
     * @param latencyMillis before an answer begins
     * @param bytesPerSecond of all answers together; 0: as fast as it can
     */
    static LeanBucket start(GeneratedObjects objects, int latencyMillis, long bytesPerSecond)
            throws IOException {
        Process process =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-cp",
                                System.getProperty("java.class.path"),
                                LeanS3Server.class.getName(),
                                Integer.toString(objects.smallCount()),
                                Integer.toString(objects.smallBytes()),
                                Integer.toString(objects.largeCount()),
                                Long.toString(objects.largeBytes()),
                                Integer.toString(latencyMillis),
                                Long.toString(bytesPerSecond))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        return new LeanBucket(process, "http://127.0.0.1:" + out.readLine());
    }

    String endpoint() {
        return endpoint;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
