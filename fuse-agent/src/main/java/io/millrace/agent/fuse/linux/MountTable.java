package io.millrace.agent.fuse.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What this process sees mounted: {@code /proc/self/mountinfo} (proc_pid_mountinfo(5)). */
final class MountTable {

    private static final Path FILE = Path.of("/proc/self/mountinfo");

    private MountTable() {}

    /**
     * @param device major:minor
     * @param type of the file system
     */
    record Mount(String device, String type) {}

    /** The uppermost mount at exactly {@code path}. */
    static Optional<Mount> at(Path path) {
        Mount found = null;
        // ISO 8859-1 keeps every byte; paths are compared as bytes.
        String wanted =
                new String(
                        path.toString().getBytes(StandardCharsets.UTF_8),
                        StandardCharsets.ISO_8859_1);
        try {
            for (String line : Files.readAllLines(FILE, StandardCharsets.ISO_8859_1)) {
                String[] fields = line.split(" ", -1);
                if (fields.length > 4 && unescape(fields[4]).equals(wanted)) {
                    int separator = line.indexOf(" - ");
                    String type =
                            separator < 0 ? "" : line.substring(separator + 3).split(" ", -1)[0];
                    found = new Mount(fields[2], type);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Optional.ofNullable(found);
    }

    /** Space, tab, newline and backslash are written in octal. */
    private static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            if (field.charAt(i) == '\\' && i + 3 < field.length()) {
                result.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                result.append(field.charAt(i));
            }
        }
        return result.toString();
    }
}
