package io.millrace.agent.boot;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes the mount away that this process leaves when it is killed: a shell waits for the end of a
 * pipe whose other end only this process has. It touches the mount only if it is still the very
 * same, and nobody serves it; so a mount that was made there since is left alone. It ends with this
 * process, and has a session of its own, which signals to a terminal's processes do not reach.
 */
final class CrashCleanup implements AutoCloseable {

    private static final Logger LOG = System.getLogger(CrashCleanup.class.getName());
    private static final Path SETSID = Path.of("/usr/bin/setsid");
    private static final Duration END_LIMIT = Duration.ofSeconds(2);

    private static final String SCRIPT =
            """
            directory=$1 point=$2
            trap '' INT TERM HUP

            find_device() {
              device=
              while read -r _ _ number _ at _; do
                [ "$at" != "$point" ] || device=$number
              done </proc/self/mountinfo
            }

            find_device
            mounted=$device
            read -r _
            find_device
            [ -n "$mounted" ] && [ "$device" = "$mounted" ] || exit 0
            # Asks the server; with none, it fails at once.
            ! stat -f "$directory" >/dev/null 2>&1 || exit 0
            umount -l "$directory" 2>/dev/null || fusermount3 -u -z "$directory"
            """;

    private final @Nullable Process shell;

    private CrashCleanup(@Nullable Process shell) {
        this.shell = shell;
    }

    /**
     * Starts to watch over a mount. Never fails: a mount that cannot be watched over serves too.
     *
     * @param mountPoint without links
     */
    static CrashCleanup of(Path mountPoint) {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(SETSID)) {
            command.add(SETSID.toString());
        }
        command.addAll(
                List.of(
                        "/bin/sh",
                        "-c",
                        SCRIPT,
                        "millrace-crash-cleanup",
                        mountPoint.toString(),
                        Holder.mountInfoForm(mountPoint)));
        try {
            return new CrashCleanup(
                    new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start());
        } catch (IOException e) {
            LOG.log(Level.WARNING, "event=crash_cleanup_not_started reason=" + e.getMessage());
            return none();
        }
    }

    /** For a mount that others take care of. */
    static CrashCleanup none() {
        return new CrashCleanup(null);
    }

    /** The mount is gone. */
    @Override
    public void close() {
        if (shell == null) {
            return;
        }
        try {
            shell.getOutputStream().close();
            if (!shell.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                shell.destroyForcibly();
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "event=crash_cleanup_not_ended", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
