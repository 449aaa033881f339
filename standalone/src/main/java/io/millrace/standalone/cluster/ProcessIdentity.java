package io.millrace.standalone.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One run of one process. A pid alone is used again by the system; with the moment of its start it
 * is not, so that nothing is ever signalled that was not started here.
 *
 * @param pid of the process
 * @param started when it started, in the system's own words: on Linux the boot and the clock ticks
 *     since then
 */
public record ProcessIdentity(long pid, String started) {

    private static final Path PROC = Path.of("/proc");

    /** Index of `starttime` among the fields after the command's name, proc_pid_stat(5). */
    private static final int START_TIME_FIELD = 19;

    /** The process that has {@code pid} now; empty when there is none, or it has ended. */
    public static Optional<ProcessIdentity> of(long pid) {
        return Optional.ofNullable(startOf(pid)).map(started -> new ProcessIdentity(pid, started));
    }

    /** Whether this very process still runs. */
    @JsonIgnore
    public boolean isAlive() {
        return started.equals(startOf(pid));
    }

    /** Asks the process to end (SIGTERM); nothing when it has ended. */
    public void terminate() {
        if (isAlive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
        }
    }

    /** Ends the process at once (SIGKILL); nothing when it has ended. */
    public void kill() {
        if (isAlive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    /** Waits for the end of the process; false when it still runs after {@code limit}. */
    public boolean awaitEnd(Duration limit) {
        Optional<ProcessHandle> handle = ProcessHandle.of(pid);
        if (handle.isEmpty() || !isAlive()) {
            return true;
        }
        CompletableFuture<ProcessHandle> end = handle.get().onExit();
        long deadline = System.nanoTime() + limit.toNanos();
        while (isAlive()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            try {
                end.get(Math.min(left, 50_000_000L), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                continue;
            } catch (ExecutionException e) {
                throw new IllegalStateException("waiting for process " + pid, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return !isAlive();
            }
        }
        return true;
    }

    private static @Nullable String startOf(long pid) {
        if (Files.isDirectory(PROC)) {
            return startFromProc(pid);
        }
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .flatMap(handle -> handle.info().startInstant())
                .map(Object::toString)
                .orElse(null);
    }

    private static @Nullable String startFromProc(long pid) {
        try {
            String stat =
                    Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            // The command's name may hold spaces and brackets: count from its last bracket.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            boolean ended = fields[0].equals("Z") || fields[0].equals("X");
            return ended ? null : boot() + "+" + fields[START_TIME_FIELD];
        } catch (IOException e) {
            return null;
        }
    }

    private static String boot() throws IOException {
        return Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
    }
}
