package io.millrace.standalone.cluster;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;

/**
 * A process that outlives this one by a moment: it reads names of processes and mounts from a pipe,
 * and when the pipe ends, because this process has ended in whatever way, kills and unmounts them.
 * Each process is named with the clock ticks of its start, so that a pid used again is left alone.
 */
final class Watchdog implements AutoCloseable {

    private static final String SCRIPT =
            """
            trap '' INT TERM HUP
            pids=
            mounts=
            while read -r kind value; do
              case $kind in
                pid) pids="$pids $value" ;;
                mount) mounts="$mounts$value
            " ;;
              esac
            done
            for entry in $pids; do
              pid=${entry%%:*}
              stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
              set -- ${stat##*) }
              [ "${20}" = "${entry##*:}" ] && kill -9 "$pid" 2>/dev/null
            done
            printf '%s' "$mounts" | while read -r mount; do
              grep -q -F " $mount " /proc/self/mountinfo || continue
              fusermount3 -u -z "$mount" 2>/dev/null || umount -l "$mount" 2>/dev/null
            done
            """;

    private final Process process;
    private final Writer pipe;

    Watchdog() {
        try {
            process =
                    new ProcessBuilder(List.of("setsid", "sh", "-c", SCRIPT))
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            pipe = process.outputWriter();
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, "cannot start the watchdog: " + e.getMessage(), e);
        }
    }

    synchronized void watch(ProcessIdentity identity) {
        String started = identity.started();
        tell("pid " + identity.pid() + ":" + started.substring(started.lastIndexOf('+') + 1));
    }

    synchronized void watch(AgentMount mount) {
        tell("mount " + mount.directory());
    }

    private void tell(String line) {
        try {
            pipe.write(line + "\n");
            pipe.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the watchdog has ended", e);
        }
    }

    /** Kills and unmounts what is left of all that was named. */
    @Override
    public void close() {
        try {
            pipe.close();
            process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
