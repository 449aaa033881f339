package io.millrace.agent.fuse.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseBindingSuite;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.ReferenceFileSystem;
import io.millrace.agent.takeover.Supervision;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxFuseBindingTest extends FuseBindingSuite {

    @Override
    protected FuseBinding binding() {
        return new LinuxFuseBinding();
    }

    /** A server of its own process, to be killed. */
    static final class Server {
        public static void main(String[] args) throws Exception {
            ReferenceFileSystem files = new ReferenceFileSystem();
            var _ = files.file(files.root(), "a", 100, 1);
            FuseMount mount = new LinuxFuseBinding().mount(files, FuseOptions.at(Path.of(args[0])));
            System.out.println("mounted");
            mount.awaitEnd();
        }
    }

    @Test
    void aMountThatFailsHalfWayLeavesNothing(@TempDir Path other) throws Exception {
        Path path = Files.createDirectory(other.toRealPath().resolve("half"));
        Path state = Files.createDirectory(other.resolve("state"));
        Supervision supervision = new Supervision(FuseDevice.open(), state, 0);
        Files.createDirectory(supervision.opens());
        FuseBinding binding = LinuxFuseBinding.supervised(supervision);
        MillraceException failure =
                assertThrows(
                        MillraceException.class,
                        () -> binding.mount(new ReferenceFileSystem(), FuseOptions.at(path)));
        assertTrue(failure.getMessage().contains(state.toString()), failure.getMessage());
        assertFalse(Mounts.isMounted(path));
        binding()
                .mount(new ReferenceFileSystem(), FuseOptions.at(path))
                .unmount(Duration.ofSeconds(2));
        assertFalse(Mounts.isMounted(path));
    }

    @Test
    void aMountLeftByAKilledServerIsTakenOver(@TempDir Path other) throws Exception {
        Path path = Files.createDirectory(other.toRealPath().resolve("stale"));
        Process server =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-Xmx64m",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Server.class.getName(),
                                path.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try {
            assertEquals("mounted", server.inputReader().readLine());
            assertEquals(100, Files.size(path.resolve("a")));
            server.destroyForcibly().waitFor();
            Mounts.await("the mount is dead", () -> !answers(path));
            assertTrue(Mounts.isMounted(path));
            ReferenceFileSystem successor = new ReferenceFileSystem();
            var _ = successor.file(successor.root(), "b", 200, 1);
            FuseMount mount = binding().mount(successor, FuseOptions.at(path));
            try {
                assertEquals(200, Files.size(path.resolve("b")));
                assertThrows(IOException.class, () -> Files.size(path.resolve("a")));
            } finally {
                mount.unmount(Duration.ofSeconds(2));
            }
        } finally {
            server.destroyForcibly().waitFor();
            Mounts.remove(path);
        }
    }

    private static boolean answers(Path path) {
        try {
            return Files.getFileStore(path).getTotalSpace() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aListingThatHoldsIsReadFromTheKernelAndAnotherIsNot() throws Exception {
        ReferenceFileSystem.Node large = files.directory(files.root(), "large");
        for (int i = 0; i < 3_000; i++) {
            files.file(large, "entry-%05d".formatted(i), i, i);
        }
        files.keepsListings = true;
        assertEquals(3_000, entries("large"));
        int before = files.listed.get();
        assertEquals(3_000, entries("large"));
        assertEquals(before, files.listed.get(), "what the kernel has was listed again");
        files.file(large, "new", 1, 1);
        mount.invalidateEntry(large.id, "new");
        Mounts.await("the new name is listed", () -> entries("large") == 3_001);
        files.keepsListings = false;
        files.file(large, "newer", 1, 1);
        assertEquals(3_002, entries("large"));
    }

    @Test
    void anOlderKernelForgetsEveryNameOneByOne() throws Exception {
        ReferenceFileSystem.Node d = files.directory(files.root(), "d");
        files.file(d, "a", 10, 1);
        Path a = mountPoint.resolve("d/a");
        Path absent = mountPoint.resolve("d/b");
        assertEquals(10, Files.size(a));
        assertFalse(Files.exists(absent));
        files.file(d, "a", 20, 2);
        files.file(d, "b", 30, 2);
        assertEquals(10, Files.size(a), "it is still valid");
        ((FuseConnection) mount).invalidateEach();
        Mounts.await("the new version is seen", () -> a.toFile().length() == 20);
        Mounts.await("the new name is seen", () -> absent.toFile().length() == 30);
    }

    private int entries(String name) {
        String[] names = mountPoint.resolve(name).toFile().list();
        return names == null ? -1 : names.length;
    }

    @Test
    void theKernelReadsAheadAsFarAsAsked() throws IOException {
        String device = MountTable.at(mountPoint).orElseThrow().device();
        assertEquals(
                "4096",
                Files.readString(Path.of("/sys/class/bdi", device, "read_ahead_kb")).strip());
    }
}
