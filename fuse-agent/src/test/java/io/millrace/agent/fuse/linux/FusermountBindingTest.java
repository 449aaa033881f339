package io.millrace.agent.fuse.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseBindingSuite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/** The suite where fusermount3 mounts and unmounts. */
class FusermountBindingTest extends FuseBindingSuite {

    @BeforeAll
    static void needsIt() throws IOException {
        boolean there = Files.isExecutable(Path.of("/usr/bin/fusermount3"));
        if (!there) {
            System.out.println("SKIPPED FusermountBindingTest: fusermount3 is not installed");
        }
        assumeTrue(there, "fusermount3 is not installed");
    }

    @Override
    protected FuseBinding binding() {
        return new LinuxFuseBinding(new MountByFusermount());
    }
}
