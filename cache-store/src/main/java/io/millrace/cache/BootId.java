package io.millrace.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Names the running kernel since its start: as long as it is the same, what was written is in the
 * page cache, whoever was killed.
 */
final class BootId {

    private static final Path SOURCE = Path.of("/proc/sys/kernel/random/boot_id");

    private BootId() {}

    /** The kernel's; where it tells none, another at each call, so that nothing is trusted. */
    static UUID current() {
        try {
            return UUID.fromString(Files.readString(SOURCE).strip());
        } catch (IOException | IllegalArgumentException e) {
            return UUID.randomUUID();
        }
    }
}
