package io.millrace.agent.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every binding must do, checked through a real mount: names, signals, unmounting. */
public abstract class FuseBindingSuite extends FuseReadSuite {

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
    void whatCannotBeLookedUpHasItsErrno() throws Exception {
        files.file(files.root(), "a", 10, 1);
        assertLookupFails("Not a directory", "a/b");
        files.failLookups = ErrorCode.UNAVAILABLE;
        assertLookupFails("Input/output error", "fails");
        files.failLookups = ErrorCode.PERMISSION_DENIED;
        assertLookupFails("Permission denied", "refused");
        files.failLookups = null;
        FileSystemException directory =
                assertThrows(
                        FileSystemException.class,
                        () -> Files.newByteChannel(mountPoint, StandardOpenOption.WRITE));
        assertEquals("Is a directory", directory.getReason());
        Process notUtf8 = process("sh", "-c", "stat " + mountPoint + "/\"$(printf '\\377')\"");
        assertEquals(1, notUtf8.waitFor());
    }

    private void assertLookupFails(String reason, String name) throws Exception {
        ProcessBuilder stat = new ProcessBuilder("stat", mountPoint + "/" + name);
        stat.environment().put("LC_ALL", "C");
        Process failing = stat.redirectErrorStream(true).start();
        String said = new String(failing.getInputStream().readAllBytes(), UTF_8).strip();
        assertEquals(1, failing.waitFor());
        assertTrue(said.endsWith(": " + reason), said);
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
    void requestsThatWaitDoNotStallOthers() throws Exception {
        onlyWhere(Identity.NODES);
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
        onlyWhere(Identity.NODES);
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
        onlyWhere(Identity.NODES);
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
        onlyWhere(Identity.NODES);
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

    @Test
    void aMountPointMayHaveAnyNameAndLieBehindALink() throws Exception {
        Path odd = Files.createDirectory(directory.toRealPath().resolve("a b,c\\d\tä"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.toRealPath());
        ReferenceFileSystem other = new ReferenceFileSystem();
        other.file(other.root(), "x", 77, 1);
        FuseMount mounted = binding().mount(other, FuseOptions.at(link.resolve(odd.getFileName())));
        try {
            assertEquals(77, Files.size(odd.resolve("x")));
            assertThrows(
                    MillraceException.class,
                    () -> binding().mount(new ReferenceFileSystem(), FuseOptions.at(odd)));
        } finally {
            mounted.unmount(Duration.ofSeconds(2));
        }
        assertEquals(List.of(), list(odd));
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
        new FuseModel(seed, files, mount, mountPoint).run(10_000);
    }
}
