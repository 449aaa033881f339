package io.millrace.standalone.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the system says of mount points, and the last means to remove one. */
final class MountPoint {

    private static final Path MOUNT_INFO = Path.of("/proc/self/mountinfo");

    /** Index of the mount point among the fields of a line, proc_pid_mountinfo(5). */
    private static final int MOUNT_POINT_FIELD = 4;

    private MountPoint() {}

    /** Whether something is mounted at {@code directory}, alive or not. Never touches it. */
    static boolean isMounted(Path directory) {
        String wanted = directory.toAbsolutePath().normalize().toString();
        try {
            if (Files.exists(MOUNT_INFO)) {
                return Files.readAllLines(MOUNT_INFO, StandardCharsets.ISO_8859_1).stream()
                        .map(line -> unescape(line.split(" ")[MOUNT_POINT_FIELD]))
                        .anyMatch(wanted::equals);
            }
            return run(List.of("mount")).contains(" on " + wanted + " ");
        } catch (IOException e) {
            return false;
        }
    }

    /** Takes a mount away whose agent cannot do it any more. True: nothing is mounted there. */
    static boolean remove(Path directory) {
        String point = directory.toString();
        for (List<String> command :
                List.of(
                        List.of("fusermount3", "-u", "-z", point),
                        List.of("fusermount", "-u", "-z", point),
                        List.of("umount", "-l", point),
                        List.of("umount", "-f", point))) {
            if (!isMounted(directory)) {
                return true;
            }
            try {
                run(command);
            } catch (IOException e) {
                // Not there: the next one.
            }
        }
        return !isMounted(directory);
    }

    private static String run(List<String> command) throws IOException {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .start();
        try (var output = process.getInputStream()) {
            String said = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(Duration.ofSeconds(5).toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
            return said;
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Space, tab, newline and backslash are written as octal in mountinfo. */
    private static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return new String(field.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }
        StringBuilder bytes = new StringBuilder(field.length());
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '\\' && i + 3 < field.length()) {
                bytes.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                bytes.append(c);
            }
        }
        return new String(
                bytes.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
