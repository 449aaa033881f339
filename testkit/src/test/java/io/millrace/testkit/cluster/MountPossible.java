package io.millrace.testkit.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Skips a test, with a printed reason, where this machine allows no FUSE mount. */
final class MountPossible {

    private MountPossible() {}

    static void assume() {
        boolean device = Files.exists(Path.of("/dev/fuse"));
        boolean root = "root".equals(System.getProperty("user.name"));
        if (!device || !root) {
            String reason =
                    "needs " + (device ? "root, for mount(2)" : "/dev/fuse, which is not here");
            System.out.println("SKIPPED " + reason);
            Assumptions.abort(reason);
        }
    }
}
