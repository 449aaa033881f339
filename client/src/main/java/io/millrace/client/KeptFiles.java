package io.millrace.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * How many cache files readers may keep open: as many as take half of the descriptors that this
 * process may have (RLIMIT_NOFILE), so that connections never lack one. Beyond that a file is
 * opened for each read.
 */
final class KeptFiles {

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String NAME = "Max open files";

    /** What POSIX programs have at least where nothing else is known. */
    private static final long USUAL = 1024;

    /** Data and table of one that is not complete. */
    private static final int DESCRIPTORS_EACH = 2;

    private static final long MOST = 1 << 20;

    private final Semaphore permits;

    /**
     * @param files 0 or more
     */
    KeptFiles(int files) {
        this.permits = new Semaphore(files);
    }

    static KeptFiles ofThisProcess() {
        try {
            return new KeptFiles(filesOf(Files.readAllLines(LIMITS)));
        } catch (IOException e) {
            return new KeptFiles(filesOf(List.of()));
        }
    }

    /**
     * @param limits as proc_pid_limits(5) writes them: name, soft limit, hard limit, unit
     */
    static int filesOf(List<String> limits) {
        long descriptors = USUAL;
        for (String line : limits) {
            if (line.startsWith(NAME)) {
                String soft = line.substring(NAME.length()).strip().split("\\s+")[0];
                descriptors = soft.matches("[0-9]{1,18}") ? Long.parseLong(soft) : Long.MAX_VALUE;
            }
        }
        return (int) Math.min(descriptors / 2 / DESCRIPTORS_EACH, MOST);
    }

    boolean tryKeep() {
        return permits.tryAcquire();
    }

    boolean isFull() {
        return permits.availablePermits() == 0;
    }

    void release() {
        permits.release();
    }
}
