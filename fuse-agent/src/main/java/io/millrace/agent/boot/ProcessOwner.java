package io.millrace.agent.boot;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Who runs this process: the owner the kernel gives its entry in /proc. */
final class ProcessOwner {

    private static final Path SELF = Path.of("/proc/self");

    private ProcessOwner() {}

    static int uid() {
        return attribute("unix:uid");
    }

    static int gid() {
        return attribute("unix:gid");
    }

    private static int attribute(String name) {
        try {
            return (int) Files.getAttribute(SELF, name);
        } catch (IOException e) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, SELF + " cannot be read", e);
        }
    }
}
