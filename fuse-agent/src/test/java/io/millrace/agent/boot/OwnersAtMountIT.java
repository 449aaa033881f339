package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.ObjectAttributes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Owners and modes that objects say, as programs see them at a mount. */
@Timeout(180)
class OwnersAtMountIT {

    private static final ObjectAttributes SAID = new ObjectAttributes(1000L, 100L, 0750, null);

    @TempDir Path directory;

    private AgentRig rig;
    private long parent;

    @BeforeEach
    void start() throws IOException {
        AgentRig.assumeMounts(getClass());
        rig = new AgentRig(directory);
        parent = rig.metadata.directory(ScriptedMetadata.ROOT, "d");
        rig.remoteFile(parent, "file", 10, 1);
        rig.metadata.describe(parent, "file", SAID);
    }

    @AfterEach
    void stop() throws Exception {
        if (rig != null) {
            rig.close();
        }
    }

    private String seen() {
        try {
            return attribute("uid")
                    + " "
                    + attribute("gid")
                    + " "
                    + Integer.toOctalString(attribute("mode"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private int attribute(String name) throws IOException {
        return (int) Files.getAttribute(rig.mountPoint.resolve("d/file"), "unix:" + name);
    }

    @Test
    void whatTheCommandLineSaysHoldsWhateverObjectsSay() throws Exception {
        rig.mounted("--uid", "7", "--file-mode", "0640");

        assertEquals("7 100 100640", seen());
    }

    @Test
    void aChangeOfWhatTheObjectSaysIsSeenThoughTheVersionIsTheSame() throws Exception {
        rig.mounted();
        assertEquals("1000 100 100550", seen());

        rig.metadata.describe(parent, "file", new ObjectAttributes(0L, 0L, 0600, null));
        rig.metadata.invalidate(parent, "file");

        Mounts.await("the new owner is seen", () -> seen().equals("0 0 100400"));
    }
}
