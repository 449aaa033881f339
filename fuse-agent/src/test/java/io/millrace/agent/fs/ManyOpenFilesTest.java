package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.ReadPolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files that are open at once. */
@Timeout(240)
class ManyOpenFilesTest extends ScriptedMountTest {

    private static final int FILES = 10_000;

    @Test
    void tenThousandOpenFilesThatThePassthroughTakesCostTheAgentNoDescriptor() throws Exception {
        assumeTrue(mount.reading().policy() == ReadPolicy.PASSTHROUGH, mount.reading().reason());
        for (int i = 0; i < FILES; i++) {
            var _ = cached("f" + i, new byte[] {(byte) i, (byte) (i >> 8)}, i);
        }
        List<FileChannel> open = new ArrayList<>();
        try {
            for (int i = 0; i < FILES; i++) {
                open.add(FileChannel.open(mountPoint.resolve("f" + i)));
            }
            assertEquals(FILES, mount.reading().passthroughFiles());
            ByteBuffer read = ByteBuffer.allocate(4);
            for (int i = 0; i < FILES; i++) {
                assertEquals(2, open.get(i).read(read.clear(), 0));
                assertEquals((byte) i, read.get(0));
                assertEquals((byte) (i >> 8), read.get(1));
            }
            assertEquals(0, client.counters().localReads());
            assertEquals(0, descriptorsBelow(cache));
        } finally {
            for (FileChannel each : open) {
                each.close();
            }
        }
        Mounts.await("all are let go", () -> mount.reading().passthroughFiles() == 0);
    }

    private static long descriptorsBelow(Path directory) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(fd -> target(fd).startsWith(directory.toString())).count();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
