package io.millrace.agent.fuse.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel lets this process do.
 *
 * @param user effective user id
 * @param mayMount has CAP_SYS_ADMIN in its user namespace
 */
record Privileges(int user, boolean mayMount) {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String CAPABILITIES = "CapEff:";
    private static final int CAP_SYS_ADMIN = 21;

    static Privileges effective() {
        try {
            long capabilities =
                    Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1).stream()
                            .filter(line -> line.startsWith(CAPABILITIES))
                            .mapToLong(line ->
                                    Long.parseUnsignedLong(
                                            line.substring(CAPABILITIES.length()).strip(), 16))
                            .findFirst()
                            .orElse(0);
            return new Privileges(Libc.effectiveUser(), (capabilities >> CAP_SYS_ADMIN & 1) != 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean root() {
        return user == 0;
    }
}
