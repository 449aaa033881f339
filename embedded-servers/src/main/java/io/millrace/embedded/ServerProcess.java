package io.millrace.embedded;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One server's process: starting it, waiting for it, ending it.
 *
 * @param pid process number
 * @param directory its working directory, by which it is recognised
 * @param mark what its command line contains
 * @param child what this process started; null when it was found running
 */
record ServerProcess(long pid, Path directory, String mark, @Nullable Process child) {

    private static final long LOG_LIMIT_BYTES = 8L << 20;
    private static final int TAIL_BYTES = 4096;
    private static final long POLL_MILLIS = 20;

    /**
     * Starts {@code command} with its output appended to {@code log}.
     *
     * <p>A child that lives WITH_PARENT has a pipe as its standard input, which the kernel closes
     * when this process ends; it is up to the child to end then. Either way it is in a session of
     * its own, so that a Ctrl-C meant for this process is not sent to it.
     */
    static ServerProcess spawn(
            List<String> command,
            Path directory,
            String mark,
            Path log,
            Lifetime lifetime,
            Map<String, String> environment)
            throws IOException {
        rotate(log);
        List<String> line = new ArrayList<>();
        Tools.find("setsid").ifPresent(line::add);
        line.addAll(command);
        ProcessBuilder builder =
                new ProcessBuilder(line)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        switch (lifetime) {
            case WITH_PARENT -> builder.redirectInput(ProcessBuilder.Redirect.PIPE);
            case DETACHED ->
                    builder.redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        }
        Process process = builder.start();
        return new ServerProcess(process.pid(), directory, mark, process);
    }

    boolean isAlive() {
        return child != null ? child.isAlive() : ProcessTable.runs(pid, directory, mark);
    }

    /** Waits until {@code ready}, failing with the end of the log when that cannot be any more. */
    void awaitReady(BooleanSupplier ready, Duration deadline, String subject, Path log) {
        long end = System.nanoTime() + deadline.toNanos();
        while (!ready.getAsBoolean()) {
            if (!isAlive()) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        subject + " ended while starting; the end of " + log + ":\n" + tail(log));
            }
            if (System.nanoTime() > end) {
                kill();
                throw new MillraceException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        subject
                                + " was not ready within "
                                + deadline.toSeconds()
                                + " s; the end of "
                                + log
                                + ":\n"
                                + tail(log));
            }
            pause();
        }
    }

    /** Sends {@code signal}, waits, and kills what is still there after {@code grace}. */
    void stop(String signal, Duration grace) {
        if (isAlive()) {
            signal(signal);
            if (!awaitEnd(grace)) {
                kill();
            }
        }
        closeInput();
    }

    void kill() {
        if (isAlive()) {
            signal("KILL");
            awaitEnd(Duration.ofSeconds(10));
        }
        closeInput();
    }

    private void closeInput() {
        if (child != null) {
            try {
                child.getOutputStream().close();
            } catch (IOException e) {
                // The reader is gone: closing was all that was wanted.
                return;
            }
        }
    }

    private void signal(String signal) {
        try {
            new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private boolean awaitEnd(Duration limit) {
        try {
            if (child != null) {
                return child.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        long end = System.nanoTime() + limit.toNanos();
        while (isAlive()) {
            if (System.nanoTime() > end) {
                return false;
            }
            pause();
        }
        return true;
    }

    static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    static MillraceException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new MillraceException(
                ErrorCode.INTERRUPTED, "interrupted while waiting for an embedded server", e);
    }

    static String tail(Path log) {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long start = Math.max(0, file.length() - TAIL_BYTES);
            byte[] bytes = new byte[(int) (file.length() - start)];
            file.seek(start);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    private static void rotate(Path log) throws IOException {
        if (Files.exists(log) && Files.size(log) > LOG_LIMIT_BYTES) {
            Files.move(
                    log,
                    log.resolveSibling(log.getFileName() + ".1"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
