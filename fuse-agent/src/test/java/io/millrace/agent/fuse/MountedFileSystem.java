package io.millrace.agent.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mount of a {@link ReferenceFileSystem} by some binding, and looks at it. */
@Timeout(120)
public abstract class MountedFileSystem {

    @TempDir Path directory;

    protected final ReferenceFileSystem files = new ReferenceFileSystem();
    protected Path mountPoint;
    protected FuseMount mount;
    final List<Process> processes = new ArrayList<>();

    protected abstract FuseBinding binding();

    /** What a file is to a binding. */
    protected enum Identity {
        /** One version: the kernel keeps what it knows of it, and interrupts requests. */
        NODES,
        /** Whatever lies at its path: nothing is kept, and a request that waits is waited for. */
        PATHS
    }

    protected Identity identity() {
        return Identity.NODES;
    }

    protected final void onlyWhere(Identity needed) {
        assumeTrue(identity() == needed, "this binding knows files by path");
    }

    protected ReadPolicy readPolicy() {
        return ReadPolicy.AUTO;
    }

    @BeforeEach
    void mountIt() throws IOException {
        String reason = Mounts.whyNot();
        if (!reason.isEmpty()) {
            System.out.println("SKIPPED " + getClass().getSimpleName() + ": " + reason);
        }
        assumeTrue(reason.isEmpty(), reason);
        mountPoint = Files.createDirectory(directory.resolve("mnt")).toRealPath();
        mount =
                binding()
                        .mount(
                                files,
                                FuseOptions.at(mountPoint).toBuilder()
                                        .readPolicy(readPolicy())
                                        .build());
    }

    @AfterEach
    void unmountIt() throws Exception {
        files.openGates();
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        if (mount != null) {
            mount.unmount(Duration.ofSeconds(2));
            Mounts.remove(mountPoint);
        }
    }

    final long sizeOf(String name) {
        try {
            return Files.size(mountPoint.resolve(name));
        } catch (IOException e) {
            return -1;
        }
    }

    final Process process(String... command) throws IOException {
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        processes.add(process);
        return process;
    }

    static List<Path> list(Path path) throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.toList();
        }
    }

    static void checkRange(Path path, long seed, long length, long offset, int bytes)
            throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            checkRange(channel, seed, length, offset, bytes);
        }
    }

    static void checkRange(FileChannel channel, long seed, long length, long offset, int bytes)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        int expected = (int) Math.max(0, Math.min(bytes, length - offset));
        while (buffer.position() < expected) {
            int read = channel.read(buffer, offset + buffer.position());
            assertTrue(read > 0, "the file ends at " + (offset + buffer.position()));
        }
        byte[] got = new byte[expected];
        buffer.flip().get(got);
        assertArrayEquals(content(seed, offset, expected), got);
    }

    static byte[] content(long seed, long offset, int bytes) {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            content[i] = ReferenceFileSystem.contentAt(seed, offset + i);
        }
        return content;
    }
}
