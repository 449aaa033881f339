package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.client.ScriptedMetadata;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many nodes the agent keeps, however many the kernel was shown. */
@Timeout(240)
class HeldNodesTest extends ScriptedMountTest {

    private static final int MOST = NODES + NODES / 4;

    /** Entries that are being given when the bound is met. */
    private static final int ON_THE_WAY = 5_000;

    private int most;

    private void look() {
        most = Math.max(most, fileSystem.nodeCount());
    }

    @Test
    void aMillionEntriesAreListedInBoundedMemory() throws Exception {
        var _ = metadata.directory(ScriptedMetadata.ROOT, "many", 1_000_000, source("x", 10, 1));
        int listed = 0;
        try (DirectoryStream<Path> many = Files.newDirectoryStream(mountPoint.resolve("many"))) {
            for (Path path : many) {
                assertEquals("f%07d".formatted(listed), String.valueOf(path.getFileName()));
                if (++listed % 1_000 == 0) {
                    look();
                }
            }
        }
        assertEquals(1_000_000, listed);
        assertTrue(metadata.pages.get() < 550, metadata.pages.get() + " pages were asked for");
        assertTrue(most <= MOST + ON_THE_WAY, most + " nodes at once");
        assertTrue(most > NODES / 2, "the first entries come with their nodes");
    }

    @Test
    void filesThatAreLookedUpAreLetGoButForThoseInUse() throws Exception {
        var _ = metadata.directory(ScriptedMetadata.ROOT, "many", 1_000_000, source("x", 10, 1));
        Path many = mountPoint.resolve("many");
        try (FileChannel open = FileChannel.open(many.resolve("f0000000"))) {
            for (int i = 0; i < 2 * NODES; i++) {
                assertEquals(10, sizeOf(many.resolve("f%07d".formatted(i))));
                if (i % 1_000 == 0) {
                    look();
                }
            }
            assertTrue(most <= MOST + ON_THE_WAY, most + " nodes at once");
            assertEquals(10, open.size());
        }
    }
}
