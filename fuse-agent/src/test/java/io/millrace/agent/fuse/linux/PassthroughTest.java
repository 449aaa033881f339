package io.millrace.agent.fuse.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.ReferenceFileSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that the kernel reads by itself, from a backing file on this host. */
@Timeout(120)
class PassthroughTest {

    private static final int LENGTH = 300_000;

    @TempDir Path directory;

    private final ReferenceFileSystem files = new ReferenceFileSystem();
    private Path mountPoint;
    private Path backing;
    private byte[] content;
    private FuseMount mount;
    private ReferenceFileSystem.Node node;

    @BeforeEach
    void start() throws IOException {
        String reason = Mounts.whyNot();
        if (!reason.isEmpty()) {
            System.out.println("SKIPPED PassthroughTest: " + reason);
        }
        assumeTrue(reason.isEmpty(), reason);
        mountPoint = Files.createDirectory(directory.resolve("mnt")).toRealPath();
        content = new byte[LENGTH];
        new Random(1).nextBytes(content);
        backing = Files.write(directory.resolve("backing"), content);
        node = files.file(files.root(), "f", LENGTH, 7);
        mount =
                new LinuxFuseBinding()
                        .mount(
                                files,
                                FuseOptions.at(mountPoint).toBuilder()
                                        .backing(
                                                LinuxFuseBinding.backing(
                                                        List.of(directory.toRealPath())))
                                        .build());
        String why = mount.reading().reason();
        if (mount.reading().policy() != ReadPolicy.PASSTHROUGH) {
            System.out.println("SKIPPED PassthroughTest: " + why);
        }
        assumeTrue(mount.reading().policy() == ReadPolicy.PASSTHROUGH, why);
    }

    @AfterEach
    void stop() throws Exception {
        if (mount != null) {
            mount.unmount(Duration.ofSeconds(2));
            Mounts.remove(mountPoint);
        }
    }

    private Path file() {
        return mountPoint.resolve("f");
    }

    /** What this process answers when it is asked for the file's bytes. */
    private byte[] served() {
        byte[] bytes = new byte[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            bytes[i] = ReferenceFileSystem.contentAt(7, i);
        }
        return bytes;
    }

    private void awaitClosed() throws InterruptedException {
        Mounts.await("released", () -> mount.reading().passthroughFiles() == 0);
    }

    @Test
    void theKernelReadsTheBackingFileWithoutAsking() throws Exception {
        files.back(node, directory.resolve("absent").toString(), backing.toString());
        assertArrayEquals(content, Files.readAllBytes(file()));
        try (FileChannel channel = FileChannel.open(file())) {
            assertEquals(LENGTH, channel.size());
            ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, LENGTH);
            assertEquals(ByteBuffer.wrap(content), mapped);
            assertEquals(1, mount.reading().passthroughFiles());
        }
        assertEquals(0, files.reads.get());
        assertEquals(2, mount.reading().passthroughOpens());
        assertEquals(0, mount.reading().servedOpens());
    }

    @Test
    void anEvictedBackingFileStaysReadableWhileItIsOpenAndIsNotUsedAgain() throws Exception {
        files.back(node, backing.toString());
        try (FileChannel channel = FileChannel.open(file())) {
            Files.delete(backing);
            ByteBuffer read = ByteBuffer.allocate(LENGTH);
            while (read.hasRemaining()) {
                assertTrue(channel.read(read, read.position()) > 0);
            }
            assertArrayEquals(content, read.array());
            // Opened meanwhile it is still the one the kernel holds.
            assertArrayEquals(content, Files.readAllBytes(file()));
        }
        awaitClosed();
        assertArrayEquals(served(), Files.readAllBytes(file()));
        assertEquals(1, mount.reading().servedOpens());
    }

    @Test
    void aFileThatBecomesCompleteWhileItIsOpenIsPassedThroughAtTheNextOpen() throws Exception {
        try (FileChannel first = FileChannel.open(file())) {
            files.back(node, backing.toString());
            assertArrayEquals(served(), Files.readAllBytes(file()));
            assertEquals(1, first.read(ByteBuffer.allocate(1)));
        }
        Mounts.await("closed", () -> files.openHandles() == 0);
        assertArrayEquals(content, Files.readAllBytes(file()));
        assertEquals(1, mount.reading().passthroughOpens());
    }

    @Test
    void aBackingFileOfAnotherLengthIsNotUsed() throws Exception {
        Files.write(backing, new byte[LENGTH + 1]);
        files.back(node, backing.toString());
        assertArrayEquals(served(), Files.readAllBytes(file()));
        assertEquals(0, mount.reading().passthroughOpens());
    }

    @Test
    void theOwnerOfTheCacheSeesByALockThatTheKernelHoldsIt() throws Exception {
        files.back(node, backing.toString());
        try (FileChannel owner = FileChannel.open(backing, StandardOpenOption.WRITE)) {
            try (FileChannel _ = FileChannel.open(file())) {
                assertNull(owner.tryLock());
            }
            awaitClosed();
            try (FileLock lock = owner.tryLock()) {
                assertNotNull(lock);
                assertArrayEquals(served(), Files.readAllBytes(file()));
            }
        }
    }

    /** The kernel's own hold keeps file and lock, so that open files take no descriptors here. */
    @Test
    void noDescriptorIsKeptForAFileThatTheKernelHolds() throws Exception {
        files.back(node, backing.toString());
        try (FileChannel _ = FileChannel.open(file())) {
            assertEquals(1, mount.reading().passthroughFiles());
            Path real = backing.toRealPath();
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
                assertTrue(descriptors.noneMatch(descriptor -> leadsTo(descriptor, real)));
            }
        }
    }

    private static boolean leadsTo(Path descriptor, Path file) {
        try {
            return Files.readSymbolicLink(descriptor).equals(file);
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void opensAndClosesByManyReadersWhileTheBackingFileComesAndGoes() throws Exception {
        Files.write(backing, served());
        files.back(node, backing.toString());
        Path aside = directory.resolve("aside");
        try (ExecutorService readers = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                results.add(
                        readers.submit(
                                (Callable<Integer>)
                                        () -> {
                                            byte[] expected = served();
                                            for (int n = 0; n < 300; n++) {
                                                assertArrayEquals(
                                                        expected, Files.readAllBytes(file()));
                                            }
                                            return 300;
                                        }));
            }
            while (!results.stream().allMatch(Future::isDone)) {
                Files.move(backing, aside);
                Thread.sleep(1);
                Files.move(aside, backing);
                Thread.sleep(1);
            }
            for (Future<Integer> result : results) {
                assertEquals(300, result.get());
            }
        }
        assertTrue(mount.reading().passthroughOpens() > 0);
        awaitClosed();
        Mounts.await("all closed", () -> files.openHandles() == 0);
    }
}
