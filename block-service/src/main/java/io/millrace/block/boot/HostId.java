package io.millrace.block.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Names the running host: equal for all processes that could share a cache directory. */
final class HostId {

    private static final Path SOURCE = Path.of("/proc/sys/kernel/random/boot_id");

    private HostId() {}

    /** Empty where the kernel tells none: then no cache directory is shared. */
    static String current() {
        try {
            return Files.readString(SOURCE).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
