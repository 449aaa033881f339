package io.millrace.agent.boot;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads a data set over and over with md5sum, a process of the system as users run it. Before each
 * pass the kernel forgets what names it can, so that nodes come and go.
 */
final class SumReader implements Runnable {

    private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

    private final Path mountPoint;
    private final Map<String, String> expected;
    private final List<String> wrong = new ArrayList<>();
    private volatile boolean finishing;
    private volatile long passes;
    private volatile long sums;
    private volatile long longestGapNanos;

    /**
     * @param expected sums by path
     */
    SumReader(Path mountPoint, Map<String, String> expected) {
        this.mountPoint = mountPoint;
        this.expected = expected;
    }

    @Override
    public void run() {
        try {
            while (!finishing) {
                pass();
                passes++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass() throws IOException, InterruptedException {
        if (Files.isWritable(DROP_CACHES)) {
            Files.writeString(DROP_CACHES, "2\n");
        }
        Process md5sum =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                "find \"$0\" -type f | sort | xargs -n 1 md5sum",
                                mountPoint.toString())
                        .redirectErrorStream(true)
                        .start();
        int seen = 0;
        long last = System.nanoTime();
        try (BufferedReader lines = md5sum.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                long now = System.nanoTime();
                longestGapNanos = Math.max(longestGapNanos, now - last);
                last = now;
                String[] words = line.split("  ", 2);
                if (words.length == 2 && words[0].equals(expected.get(words[1]))) {
                    seen++;
                    sums++;
                } else {
                    wrong.add(line);
                }
            }
        }
        if (md5sum.waitFor() != 0 || seen != expected.size()) {
            wrong.add(seen + " of " + expected.size() + " sums were right");
        }
    }

    void finish() {
        finishing = true;
    }

    /** Complete passes so far. */
    long passes() {
        return passes;
    }

    long sums() {
        return sums;
    }

    /** The longest time between two files. */
    long longestGapMillis() {
        return longestGapNanos / 1_000_000;
    }

    /** What was not as it must be; read after the end. */
    List<String> wrong() {
        return wrong;
    }
}
