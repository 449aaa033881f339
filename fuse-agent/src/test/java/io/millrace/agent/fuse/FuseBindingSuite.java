package io.millrace.agent.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What every binding must do, checked through a real mount. */
@Timeout(120)
public abstract class FuseBindingSuite {

    @TempDir Path directory;

    protected final ReferenceFileSystem files = new ReferenceFileSystem();
    protected Path mountPoint;
    protected FuseMount mount;
    private final List<Process> processes = new ArrayList<>();

    protected abstract FuseBinding binding();

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

    @Test
    void attributesAreShownAsTheFileSystemSaysThem() throws IOException {
        files.file(files.root(), "a.bin", 12_345, 1);
        var attributes = Files.readAttributes(mountPoint.resolve("a.bin"), "unix:*");
        assertEquals(12_345L, attributes.get("size"));
        assertEquals(0100444, attributes.get("mode"));
        assertEquals(1234, attributes.get("uid"));
        assertEquals(5678, attributes.get("gid"));
        assertEquals(
                ReferenceFileSystem.MODIFIED,
                Files.getLastModifiedTime(mountPoint.resolve("a.bin")).toMillis());
        assertTrue(Files.isDirectory(mountPoint));
    }

    @Test
    void missingNamesAreAskedOnceWhileTheAnswerIsValid() {
        assertThrows(NoSuchFileException.class, () -> Files.size(mountPoint.resolve("absent")));
        assertThrows(NoSuchFileException.class, () -> Files.size(mountPoint.resolve("absent")));
        assertEquals(1, files.lookups.get());
    }

    @Test
    void missingNamesAreAskedEachTimeWithoutValidity() {
        files.validMillis = 0;
        assertThrows(NoSuchFileException.class, () -> Files.size(mountPoint.resolve("absent")));
        assertThrows(NoSuchFileException.class, () -> Files.size(mountPoint.resolve("absent")));
        assertEquals(2, files.lookups.get());
    }

    @Test
    void namesOfAllKindsAreFoundAndListed() throws IOException {
        Set<String> names = Set.of("ein Bär & mehr", "日本語.jpg", "a".repeat(255), "-rf", "x'\"\\");
        names.forEach(name -> files.file(files.root(), name, name.length(), 1));
        Set<String> listed = new HashSet<>();
        for (Path path : list(mountPoint)) {
            listed.add(path.getFileName().toString());
            assertEquals(path.getFileName().toString().length(), Files.size(path));
        }
        assertEquals(names, listed);
        assertThrows(
                FileSystemException.class, () -> Files.size(mountPoint.resolve("b".repeat(256))));
    }

    @Test
    void aLargeDirectoryIsListedOnceEachAndPrimesTheNames() throws IOException {
        ReferenceFileSystem.Node large = files.directory(files.root(), "large");
        for (int i = 0; i < 20_000; i++) {
            files.file(large, "entry-%05d".formatted(i), i, i);
        }
        List<Path> listed = list(mountPoint.resolve("large"));
        assertEquals(20_000, listed.size());
        assertEquals(20_000, new HashSet<>(listed).size());
        int before = files.lookups.get();
        for (Path path : listed.subList(0, 500)) {
            long length = Integer.parseInt(path.getFileName().toString().substring(6));
            assertEquals(length, Files.size(path));
        }
        assertEquals(before, files.lookups.get(), "listed names were looked up again");
    }

    @Test
    void aLargeDirectoryIsListedWhenEachPageWaits() throws IOException {
        files.pace = ReferenceFileSystem.Pace.BY_WAITING;
        ReferenceFileSystem.Node large = files.directory(files.root(), "large");
        for (int i = 0; i < 3_000; i++) {
            files.file(large, "entry-%05d".formatted(i), i, i);
        }
        assertEquals(3_000, new HashSet<>(list(mountPoint.resolve("large"))).size());
    }

    @Test
    void manyReadersSeeEveryByteInPlace() throws Exception {
        readWithManyReaders();
    }

    @Test
    void manyReadersSeeEveryByteInPlaceWhenEachReadWaits() throws Exception {
        files.pace = ReferenceFileSystem.Pace.BY_WAITING;
        readWithManyReaders();
    }

    private void readWithManyReaders() throws Exception {
        int count = 50;
        for (int i = 0; i < count; i++) {
            files.file(files.root(), "file-" + i, 1_500_000 + 7L * i, i);
        }
        List<Callable<Void>> readers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int reader = i;
            readers.add(() -> {
                Random random = new Random(reader);
                for (int read = 0; read < 40; read++) {
                    int file = random.nextInt(count);
                    long length = 1_500_000 + 7L * file;
                    long offset = random.nextLong(length);
                    int bytes = 1 + random.nextInt(100_000);
                    checkRange(mountPoint.resolve("file-" + file), file, length, offset, bytes);
                }
                return null;
            });
        }
        try (ExecutorService executor = Executors.newFixedThreadPool(count)) {
            for (Future<Void> done : executor.invokeAll(readers)) {
                done.get();
            }
        }
    }

    @Test
    void aWholeFileIsRead() throws IOException {
        files.file(files.root(), "whole", 5_000_001, 9);
        files.file(files.root(), "empty", 0, 9);
        assertArrayEquals(
                content(9, 0, 5_000_001), Files.readAllBytes(mountPoint.resolve("whole")));
        assertEquals(0, Files.readAllBytes(mountPoint.resolve("empty")).length);
    }

    @Test
    void pagesReadOnceAreNotReadAgain() throws IOException {
        files.file(files.root(), "kept", 300_000, 4);
        var _ = Files.readAllBytes(mountPoint.resolve("kept"));
        int before = files.reads.get();
        assertArrayEquals(content(4, 0, 300_000), Files.readAllBytes(mountPoint.resolve("kept")));
        assertEquals(before, files.reads.get());
    }

    @Test
    void changesAreRefused() throws IOException {
        files.file(files.root(), "a", 10, 1);
        Path a = mountPoint.resolve("a");
        assertRefused(() -> Files.createFile(mountPoint.resolve("new")));
        assertRefused(() -> Files.createDirectory(mountPoint.resolve("new")));
        assertRefused(() -> Files.delete(a));
        assertRefused(() -> Files.move(a, mountPoint.resolve("b")));
        assertRefused(() -> Files.createSymbolicLink(mountPoint.resolve("l"), a));
        assertRefused(() -> Files.createLink(mountPoint.resolve("l"), a));
        assertRefused(() -> Files.writeString(a, "x", StandardOpenOption.WRITE));
        assertRefused(() -> Files.setLastModifiedTime(a, Files.getLastModifiedTime(a)));
        assertEquals(10, Files.size(a));
    }

    private static void assertRefused(org.junit.jupiter.api.function.Executable change) {
        FileSystemException refused = assertThrows(FileSystemException.class, change);
        assertEquals("Read-only file system", refused.getReason());
    }

    @Test
    void extendedAttributesAreReadAndListed() throws Exception {
        files.file(files.root(), "ein Bär", 12, 1);
        var view =
                Files.getFileAttributeView(
                        mountPoint.resolve("ein Bär"), UserDefinedFileAttributeView.class);
        assertEquals(List.of("name", "length"), view.list());
        assertEquals("ein Bär".getBytes(StandardCharsets.UTF_8).length, view.size("name"));
        ByteBuffer value = ByteBuffer.allocate(100);
        assertEquals(8, view.read("name", value));
        assertEquals("ein Bär", StandardCharsets.UTF_8.decode(value.flip()).toString());
        assertErrno("Insufficient space", () -> view.read("name", ByteBuffer.allocate(7)));
        assertErrno("No data available", () -> view.size("other"));
        assertErrno(
                "Read-only file system", () -> view.write("name", ByteBuffer.wrap(new byte[] {1})));
    }

    private static void assertErrno(String said, org.junit.jupiter.api.function.Executable call) {
        IOException failure = assertThrows(IOException.class, call);
        assertTrue(String.valueOf(failure.getMessage()).contains(said), failure.toString());
    }

    @Test
    void spaceIsShown() throws IOException {
        FileStore store = Files.getFileStore(mountPoint);
        assertEquals(1L << 40, store.getTotalSpace());
        assertEquals(1L << 39, store.getUsableSpace());
        assertEquals("fuse.millrace", store.type());
    }

    @Test
    void failuresHaveTheirErrno() throws IOException {
        files.file(files.root(), "a", 1000, 1);
        files.failReads = ErrorCode.UNAVAILABLE;
        assertEquals("Input/output error", failureOfReading("a"));
        files.failReads = ErrorCode.STALE_VERSION;
        assertEquals("Stale file handle", failureOfReading("a"));
        files.failReads = ErrorCode.BUSY;
        assertEquals("Input/output error", failureOfReading("a"));
        files.failReads = null;
        assertEquals(1000, Files.readAllBytes(mountPoint.resolve("a")).length);
    }

    private @Nullable String failureOfReading(String name) {
        return assertThrows(IOException.class, () -> Files.readAllBytes(mountPoint.resolve(name)))
                .getMessage();
    }

    @Test
    void requestsThatWaitDoNotStallOthers() throws Exception {
        files.file(files.root(), "quick", 1000, 7);
        List<Process> readers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            files.file(files.root(), "slow-" + i, 1000, i);
            files.closeGate("slow-" + i);
            readers.add(process("cat", mountPoint.resolve("slow-" + i).toString()));
        }
        Mounts.await("40 requests wait", () -> files.standing.get() == 40);
        assertArrayEquals(content(7, 0, 1000), Files.readAllBytes(mountPoint.resolve("quick")));
        files.openGates();
        for (Process reader : readers) {
            assertTrue(reader.waitFor(20, TimeUnit.SECONDS));
            assertEquals(0, reader.exitValue());
        }
    }

    @Test
    void anInterruptedLookupEndsAtOnce() throws Exception {
        files.file(files.root(), "slow", 1000, 7);
        files.closeGate("slow");
        Process caller = process("stat", mountPoint.resolve("slow").toString());
        Mounts.await("the lookup waits", () -> files.standing.get() == 1);
        assertTrue(caller.toHandle().destroy());
        assertTrue(caller.waitFor(20, TimeUnit.SECONDS), "SIGTERM did not end the process");
        Mounts.await("the request is given up", () -> files.standing.get() == 0);
    }

    @Test
    void aTimerDoesNotEndALookupAndAKillDoes() throws Exception {
        files.file(files.root(), "slow", 1000, 7);
        files.file(files.root(), "slower", 1000, 7);
        files.closeGate("slow");
        files.closeGate("slower");
        Process caller =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "trap : ALRM; [ -s slow ] && echo there; [ -s slower ] && echo too")
                        .directory(mountPoint.toFile())
                        .start();
        processes.add(caller);
        Mounts.await("the lookup waits", () -> files.standing.get() == 1);
        signal("ALRM", caller);
        files.openGate("slow");
        assertEquals("there", caller.inputReader().readLine());
        Mounts.await("the second lookup waits", () -> files.standing.get() == 1);
        signal("ALRM", caller);
        caller.destroyForcibly();
        assertTrue(caller.waitFor(20, TimeUnit.SECONDS), "SIGKILL did not end the process");
    }

    /** Sends a signal, and returns when the kernel's INTERRUPT for it has been read. */
    private void signal(String name, Process process) throws Exception {
        assertEquals(0, process("kill", "-" + name, Long.toString(process.pid())).waitFor());
        Path status = Path.of("/proc/" + process.pid() + "/status");
        Mounts.await(
                "the signal is pending",
                () -> {
                    try {
                        return Files.readString(status).contains("ShdPnd:\t0000000000002000");
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
        // Interrupts are handed out before other requests.
        assertThrows(
                NoSuchFileException.class,
                () -> Files.size(mountPoint.resolve("absent-" + System.nanoTime())));
    }

    @Test
    void aKilledReaderEndsAtOnce() throws Exception {
        ReferenceFileSystem.Node slow = files.file(files.root(), "slow", 5_000_000, 7);
        Process caller;
        try (FileChannel opened = FileChannel.open(mountPoint.resolve("slow"))) {
            assertEquals(5_000_000, opened.size());
            files.closeGate("slow");
            caller = process("cat", mountPoint.resolve("slow").toString());
            Mounts.await("a read waits", () -> files.standing.get() > 0);
            caller.destroyForcibly();
            assertTrue(caller.waitFor(20, TimeUnit.SECONDS), "SIGKILL did not end the process");
        }
        files.openGates();
        assertArrayEquals(content(7, 0, 5_000_000), Files.readAllBytes(mountPoint.resolve("slow")));
        assertEquals(1, files.lookupCount(slow));
    }

    @Test
    void anInvalidatedNameIsAskedAgainAndForgotten() throws Exception {
        ReferenceFileSystem.Node first = files.file(files.root(), "a", 1000, 1);
        assertArrayEquals(content(1, 0, 1000), Files.readAllBytes(mountPoint.resolve("a")));
        files.file(files.root(), "a", 2000, 2);
        mount.invalidateEntry(FuseFileSystem.ROOT, "a");
        mount.invalidateEntry(FuseFileSystem.ROOT, "never seen");
        Mounts.await("the new file is seen", () -> sizeOf("a") == 2000);
        assertArrayEquals(content(2, 0, 2000), Files.readAllBytes(mountPoint.resolve("a")));
        Mounts.await("the old node is forgotten", () -> files.lookupCount(first) == 0);
    }

    @Test
    void anOpenFileKeepsItsVersion() throws Exception {
        files.file(files.root(), "a", 600_000, 1);
        try (FileChannel old = FileChannel.open(mountPoint.resolve("a"))) {
            checkRange(old, 1, 600_000, 0, 1000);
            files.file(files.root(), "a", 700_000, 2);
            mount.invalidateEntry(FuseFileSystem.ROOT, "a");
            Mounts.await("the new file is seen", () -> sizeOf("a") == 700_000);
            checkRange(mountPoint.resolve("a"), 2, 700_000, 0, 700_000);
            checkRange(old, 1, 600_000, 0, 600_000);
            assertEquals(600_000, old.size());
        }
    }

    @Test
    void allNamesCanBeInvalidatedAtOnce() throws Exception {
        for (int i = 0; i < 50; i++) {
            files.file(files.root(), "f" + i, 100, 1);
            assertEquals(100, Files.size(mountPoint.resolve("f" + i)));
        }
        for (int i = 0; i < 50; i++) {
            files.file(files.root(), "f" + i, 200, 2);
        }
        mount.invalidateAll();
        for (int i = 0; i < 50; i++) {
            String name = "f" + i;
            Mounts.await("the new file is seen", () -> sizeOf(name) == 200);
        }
    }

    @Test
    void handlesAreReleased() throws Exception {
        files.file(files.root(), "a", 1000, 1);
        for (int i = 0; i < 20; i++) {
            var _ = Files.readAllBytes(mountPoint.resolve("a"));
            assertEquals(1, list(mountPoint).size());
        }
        if (readPolicy() == ReadPolicy.NO_OPEN) {
            // The kernel tells of no close: what stands open ends with the mount.
            mount.unmount(Duration.ofSeconds(2));
        }
        Mounts.await("all handles are released", () -> files.openHandles() == 0);
    }

    @Test
    void unmountingTakesTheMountAwayFromWhoUsesIt() throws Exception {
        files.file(files.root(), "a", 3_000_000, 1);
        FileChannel open = FileChannel.open(mountPoint.resolve("a"));
        checkRange(open, 1, 3_000_000, 0, 10);
        mount.unmount(Duration.ofMillis(200));
        assertFalse(Mounts.isMounted(mountPoint));
        assertThrows(IOException.class, () -> open.read(ByteBuffer.allocate(10), 2_900_000));
        mount.awaitEnd();
        try {
            open.close();
        } catch (IOException e) {
            // Whether the kernel tells of the loss here depends on how the mount was taken away.
        }
        assertEquals(List.of(), list(mountPoint));
    }

    @Test
    void unmountingByOthersEndsTheServer() throws Exception {
        assertEquals(0, process("umount", mountPoint.toString()).waitFor());
        mount.awaitEnd();
        mount.unmount(Duration.ofSeconds(1));
        assertFalse(Mounts.isMounted(mountPoint));
    }

    @Test
    void aMountPointThatCannotBeOneIsRefused() throws IOException {
        assertRefusedMount(directory.resolve("absent"), "does not exist");
        assertRefusedMount(Files.createFile(directory.resolve("file")), "is not a directory");
        Path full = Files.createDirectory(directory.resolve("full"));
        Files.createFile(full.resolve("something"));
        assertRefusedMount(full, "is not empty");
        assertRefusedMount(mountPoint, "is in use");
        assertTrue(Files.isDirectory(mountPoint));
    }

    private void assertRefusedMount(Path path, String reason) {
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> binding().mount(new ReferenceFileSystem(), FuseOptions.at(path)));
        assertTrue(refused.getMessage().contains(reason), refused.getMessage());
        assertTrue(refused.getMessage().contains(path.toString()), refused.getMessage());
    }

    @Test
    void whatAModelSaysTheMountShows() throws Exception {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("whatAModelSaysTheMountShows: -Dmillrace.test.seed=" + seed);
        new FuseModel(seed, files, mount, mountPoint).run(400);
    }

    private long sizeOf(String name) {
        try {
            return Files.size(mountPoint.resolve(name));
        } catch (IOException e) {
            return -1;
        }
    }

    private Process process(String... command) throws IOException {
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
