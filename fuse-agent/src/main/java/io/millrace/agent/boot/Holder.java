package io.millrace.agent.boot;

import io.millrace.agent.fuse.linux.ProcessImage;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The process that keeps {@code /dev/fuse} open while agents come and go: a shell of about 1 MB,
 * since what is to outlive every defect must have few.
 *
 * <p>The agent that is asked to be supervised turns into it: the process keeps its id, and starts
 * the same agent again as its child. Killed agents are followed at once. Those that die before they
 * serve are followed by and by more slowly, and after a dozen in a row the mount is taken away, so
 * that nobody waits for ever; so it is after 200 that each lived for less than 3 s.
 */
final class Holder {

    /** How an agent ends that cannot read what the one before it left: it is mounted anew. */
    static final int CANNOT_TAKE_OVER = 3;

    /** The descriptor that agents inherit. */
    static final int DEVICE = 9;

    /** The environment's name of the script that started this process. */
    private static final String START_SCRIPT = "MILLRACE_AGENT_SCRIPT";

    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final Path PROGRAM = Path.of("/proc/self/exe");

    static final String SCRIPT =
            """
            state=$1 directory=$2 point=$3
            shift 3
            exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&-
            exec 9<>/dev/fuse || exit 1
            agent= stopping= restarts=0 failures=0 quick=0
            trap 'stopping=1; [ -z "$agent" ] || kill -TERM "$agent" 2>/dev/null' TERM INT HUP
            trap '[ -z "$agent" ] || kill -KILL "$agent" 2>/dev/null' USR1

            is_mounted() {
              while read -r _ _ _ _ at _; do
                [ "$at" != "$point" ] || return 0
              done </proc/self/mountinfo
              return 1
            }

            # The device first: with no server left, nothing that umount asks can hang.
            detach() {
              exec 9<&-
              while is_mounted && umount -l "$directory"; do :; done
            }

            pause() {
              sleep "$1" &
              wait $!
            }

            while :; do
              rm -f "$state/serving"
              started=$(date +%s)
              "$@" --held "$state" --restarts "$restarts" &
              agent=$!
              [ -z "$stopping" ] || kill -TERM "$agent"
              while :; do
                wait "$agent"
                code=$?
                kill -0 "$agent" 2>/dev/null || break
              done
              agent=
              [ "$code" -ne 0 ] && [ -z "$stopping" ] && is_mounted || break
              lived=$(($(date +%s) - started))
              if [ ! -e "$state/serving" ]; then
                failures=$((failures + 1))
              elif [ "$lived" -lt 3 ]; then
                failures=0 quick=$((quick + 1))
              else
                failures=0 quick=0
              fi
              if [ "$failures" -ge 12 ] || [ "$quick" -ge 200 ]; then
                echo "fuse-agent: too many agents in a row ended at once; $directory is unmounted" >&2
                break
              fi
              restarts=$((restarts + 1))
              echo "fuse-agent: the agent ended with $code; starting it again (restart $restarts)" >&2
              if [ "$code" -eq 3 ]; then
                detach
                rm -f "$state"/*
                exec 9<>/dev/fuse || break
              fi
              [ "$failures" -le 3 ] || pause $((failures - 3))
              [ "$quick" -le 50 ] || pause 1
            done
            detach
            rm -f "$state"/*
            rmdir "$state"
            exit "$code"
            """;

    private Holder() {}

    /**
     * Turns this process into the holder of the mount that its command line asks for.
     *
     * @param directory that is mounted at, as the system knows it
     * @param state directory for what agents leave to each other; its files are removed
     * @throws MillraceException when this host does not let it
     */
    static MillraceException become(Path directory, Path state) {
        try {
            Files.createDirectories(state);
            try (var left = Files.newDirectoryStream(state)) {
                for (Path file : left) {
                    Files.delete(file);
                }
            }
            List<String> command =
                    new ArrayList<>(
                            List.of(
                                    "/bin/sh",
                                    "-c",
                                    SCRIPT,
                                    "millrace-holder",
                                    state.toString(),
                                    directory.toString(),
                                    mountInfoForm(directory)));
            command.addAll(agentCommand(System.getenv(START_SCRIPT), commandLine()));
            System.out.flush();
            return new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the holder cannot be started: errno " + -ProcessImage.replace(command));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, "the holder cannot be started: " + e.getMessage(), e);
        }
    }

    /**
     * What starts the next agent: the script that started this one, if one did, since it knows of
     * an AOT cache that was made since; else the same program.
     *
     * @param script that started this process; null: none
     * @param own command line of this process
     */
    static List<String> agentCommand(@Nullable String script, List<String> own) throws IOException {
        List<String> command = new ArrayList<>();
        int jar = own.indexOf("-jar");
        if (script == null || jar < 0) {
            command.add(Files.readSymbolicLink(PROGRAM).toString());
            command.addAll(own.subList(1, own.size()));
            return command;
        }
        command.add(script);
        own.subList(1, jar).stream().filter(word -> word.startsWith("-D")).forEach(command::add);
        command.addAll(own.subList(jar + 2, own.size()));
        return command;
    }

    private static List<String> commandLine() throws IOException {
        try (InputStream in = Files.newInputStream(COMMAND_LINE)) {
            String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            // Each argument ends with a NUL.
            return Arrays.asList(all.substring(0, all.length() - 1).split("\0", -1));
        }
    }

    /** As proc_pid_mountinfo(5) writes a path. */
    static String mountInfoForm(Path directory) {
        return directory
                .toString()
                .replace("\\", "\\134")
                .replace(" ", "\\040")
                .replace("\t", "\\011")
                .replace("\n", "\\012");
    }
}
