package io.millrace.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Recognises servers among the system's processes by their working directory, which is the data
 * directory of each: a process number alone may have been given to another process since.
 */
final class ProcessTable {

    private static final Path PROC = Path.of("/proc");

    private ProcessTable() {}

    /**
     * Whether process {@code pid} runs in {@code directory} and has {@code mark} in its command
     * line.
     */
    static boolean runs(long pid, Path directory, String mark) {
        Path process = PROC.resolve(Long.toString(pid));
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).equals(directory.toRealPath())
                    && commandLine(process).contains(mark);
        } catch (IOException e) {
            return false;
        }
    }

    /** Every process that runs in {@code directory} with {@code mark} in its command line. */
    static List<Long> in(Path directory, String mark) throws IOException {
        List<Long> pids = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                long pid = Long.parseLong(process.getFileName().toString());
                if (runs(pid, directory, mark)) {
                    pids.add(pid);
                }
            }
        }
        return pids;
    }

    private static String commandLine(Path process) throws IOException {
        return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
    }
}
