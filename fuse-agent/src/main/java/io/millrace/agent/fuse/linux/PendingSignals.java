package io.millrace.agent.fuse.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a thread that waits for the mount has got a signal that should end its wait.
 *
 * <p>The kernel sends INTERRUPT for any signal. A timer, a child that ended or a run time's own
 * pre-emption would make stat(2) or open(2) fail with EINTR, which no program expects of a file:
 * these wait on. What ends a process, or a person typed, is answered at once.
 */
final class PendingSignals {

    private static final long PATIENT =
            bit(14) // SIGALRM
                    | bit(17) // SIGCHLD
                    | bit(18) // SIGCONT
                    | bit(23) // SIGURG
                    | bit(26) // SIGVTALRM
                    | bit(27) // SIGPROF
                    | bit(28) // SIGWINCH
                    | bit(29); // SIGIO

    private PendingSignals() {}

    /** True also when the thread cannot be looked at: it may be of another host's namespace. */
    static boolean endWaitOf(int thread) {
        if (thread <= 0) {
            return true;
        }
        try {
            Path status = Path.of("/proc", Integer.toString(thread), "status");
            return endsWait(Files.readString(status, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return true;
        }
    }

    /**
     * @param status as proc_pid_status(5) has it
     */
    static boolean endsWait(String status) {
        long pending = mask(status, "SigPnd:") | mask(status, "ShdPnd:");
        long unblocked = pending & ~mask(status, "SigBlk:");
        return (unblocked & ~PATIENT) != 0;
    }

    private static long mask(String status, String field) {
        int start = status.indexOf("\n" + field);
        if (start < 0) {
            return 0;
        }
        int value = start + 1 + field.length();
        int end = status.indexOf('\n', value);
        return Long.parseUnsignedLong(
                status.substring(value, end < 0 ? status.length() : end).strip(), 16);
    }

    private static long bit(int signal) {
        return 1L << (signal - 1);
    }
}
