package io.millrace.agent.fuse.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.ReferenceFileSystem;
import io.millrace.client.Cancellation;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mounts as nobody, in a mount namespace of its own whose {@code /dev/fuse}, {@code /etc/fuse.conf}
 * and fusermount3 are as each test wants them.
 */
@Timeout(120)
class UnprivilegedMountTest {

    private static final String NOBODY = "65534";
    private static final String SOMEONE_ELSE = "4321";

    @TempDir Path directory;

    private Path mountPoint;
    private Path configuration;
    private String classPath;
    private Process namespace;
    private final List<Process> processes = new ArrayList<>();

    private record Ended(int code, String out, String err) {}

    /** Mounts until its standard input ends. */
    static final class Server {
        public static void main(String[] args) throws Exception {
            ReferenceFileSystem files = new ReferenceFileSystem();
            var _ = files.file(files.root(), args[1], 100_000, 1);
            FuseMount mount;
            try {
                mount = new LinuxFuseBinding().mount(files, FuseOptions.at(Path.of(args[0])));
            } catch (MillraceException e) {
                System.out.println(e.code() + ": " + e.getMessage());
                return;
            }
            System.out.println(mount.reading().policy() + ": " + mount.reading().reason());
            while (System.in.read() >= 0) {}
            mount.unmount(Duration.ofSeconds(2));
            System.out.println("unmounted");
        }
    }

    @BeforeEach
    void makeANamespace() throws Exception {
        String reason = Mounts.whyNot();
        if (reason.isEmpty() && !Files.isExecutable(Path.of("/usr/bin/fusermount3"))) {
            reason = "fusermount3 is not installed";
        }
        skipUnless(reason.isEmpty(), reason);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        mountPoint = Files.createDirectory(directory.toRealPath().resolve("mnt"));
        configuration = Files.writeString(directory.resolve("fuse.conf"), "# nothing\n");
        classPath = readableClassPath();
        namespace = start("unshare", "-m", "--propagation", "private", "cat");
        namespace.outputWriter().write("ready\n");
        namespace.outputWriter().flush();
        assertEquals("ready", namespace.inputReader().readLine());
        assertDone(inNamespace("chown", NOBODY, mountPoint.toString()));
        Path device = directory.resolve("fuse");
        assertDone(inNamespace("mknod", "-m", "666", device.toString(), "c", "10", "229"));
        assertDone(inNamespace("mount", "--bind", device.toString(), "/dev/fuse"));
        assertDone(inNamespace("touch", "/etc/fuse.conf"));
        assertDone(inNamespace("mount", "--bind", configuration.toString(), "/etc/fuse.conf"));
        skipUnless(run(as(NOBODY, java(), "-version")).code() == 0, "nobody cannot run " + java());
    }

    private static void skipUnless(boolean possible, String reason) {
        if (!possible) {
            System.out.println("SKIPPED UnprivilegedMountTest: " + reason);
        }
        assumeTrue(possible, reason);
    }

    @AfterEach
    void endTheNamespace() throws Exception {
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    /** Copies of what a server needs, since nobody may not see where it was built. */
    private String readableClassPath() throws IOException, InterruptedException {
        Set<Path> needed = new LinkedHashSet<>();
        for (Class<?> type :
                List.of(
                        LinuxFuseBinding.class,
                        UnprivilegedMountTest.class,
                        ReferenceFileSystem.class,
                        MillraceException.class,
                        Cancellation.class,
                        Caffeine.class)) {
            try {
                needed.add(
                        Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()));
            } catch (URISyntaxException e) {
                throw new IllegalStateException(e);
            }
        }
        List<Path> copies = new ArrayList<>();
        for (Path path : needed) {
            Path copy = directory.resolve("lib-" + copies.size() + ".jar");
            assertDone("cp", "-r", path.toString(), copy.toString());
            assertDone("chmod", "-R", "a+rX", copy.toString());
            copies.add(copy);
        }
        return copies.stream().map(Path::toString).collect(Collectors.joining(":"));
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElseThrow();
    }

    private String[] inNamespace(String... command) {
        List<String> all =
                new ArrayList<>(List.of("nsenter", "-m", "-t", Long.toString(namespace.pid())));
        all.addAll(List.of(command));
        return all.toArray(String[]::new);
    }

    private String[] as(String user, String... command) {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "setpriv",
                                "--reuid",
                                user,
                                "--regid",
                                user,
                                "--clear-groups",
                                "--"));
        all.addAll(List.of(command));
        return inNamespace(all.toArray(String[]::new));
    }

    private Process start(String... command) throws IOException {
        Process process =
                new ProcessBuilder(command)
                        .redirectError(directory.resolve("err").toFile())
                        .start();
        processes.add(process);
        return process;
    }

    private Ended run(String... command) throws IOException, InterruptedException {
        Process process = start(command);
        String out = new String(process.getInputStream().readAllBytes());
        return new Ended(process.waitFor(), out, Files.readString(directory.resolve("err")));
    }

    private void assertDone(String... command) throws IOException, InterruptedException {
        Ended ended = run(command);
        assertEquals(0, ended.code(), ended.err());
    }

    private Process server(String file) throws IOException {
        return start(
                as(
                        NOBODY,
                        java(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath,
                        Server.class.getName(),
                        mountPoint.toString(),
                        file));
    }

    private boolean mounted() throws IOException {
        return Files.readString(Path.of("/proc/" + namespace.pid() + "/mountinfo"))
                .contains(" " + mountPoint + " ");
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("err"));
    }

    @Test
    void nobodyMountsReadsAndUnmounts() throws Exception {
        Process server = server("a");
        assertEquals(
                "no-open: FUSE passthrough needs CAP_SYS_ADMIN on the host",
                server.inputReader().readLine());
        assertTrue(log().contains("/etc/fuse.conf must say user_allow_other"), log());
        Path copy = directory.resolve("copy");
        String file = mountPoint.resolve("a").toString();
        Process read =
                new ProcessBuilder(as(NOBODY, "cat", file)).redirectOutput(copy.toFile()).start();
        assertEquals(0, read.waitFor());
        byte[] expected = new byte[100_000];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = ReferenceFileSystem.contentAt(1, i);
        }
        assertArrayEquals(expected, Files.readAllBytes(copy));
        assertTrue(run(as(SOMEONE_ELSE, "cat", file)).err().contains("Permission denied"));
        assertTrue(run(as(NOBODY, "touch", file)).err().contains("Read-only file system"));
        server.getOutputStream().close();
        assertEquals("unmounted", server.inputReader().readLine());
        assertFalse(mounted());
    }

    @Test
    void othersGetInWhereTheHostLetsThem() throws Exception {
        Files.writeString(configuration, "user_allow_other\n");
        Process server = server("a");
        assertTrue(server.inputReader().readLine().startsWith("no-open: "));
        assertFalse(log().contains("allow_other"), log());
        String file = mountPoint.resolve("a").toString();
        assertEquals("100000\n", run(as(SOMEONE_ELSE, "stat", "-c", "%s", file)).out());
    }

    @Test
    void aMountOfAKilledServerIsTakenOver() throws Exception {
        Process first = server("a");
        assertTrue(first.inputReader().readLine().startsWith("no-open: "));
        first.destroyForcibly().waitFor();
        assertTrue(mounted());
        Process second = server("b");
        assertTrue(second.inputReader().readLine().startsWith("no-open: "));
        assertEquals("b\n", run(as(NOBODY, "ls", mountPoint.toString())).out());
    }

    @Test
    void aMountInUseIsTakenAway() throws Exception {
        Process server = server("a");
        assertTrue(server.inputReader().readLine().startsWith("no-open: "));
        Process user = start(as(NOBODY, "sh", "-c", "cd " + mountPoint + "; echo in; cat"));
        assertEquals("in", user.inputReader().readLine());
        server.getOutputStream().close();
        assertEquals("unmounted", server.inputReader().readLine());
        assertEquals(0, server.waitFor());
        assertFalse(mounted());
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        Path program = directory.resolve("fusermount3");
        assertDone("cp", "/usr/bin/fusermount3", program.toString());
        assertDone("chmod", "0755", program.toString());
        assertDone(inNamespace("mount", "--bind", program.toString(), "/usr/bin/fusermount3"));
        assertMissing("fusermount3 did not mount at " + mountPoint + ": mount failed: Operation");
        assertDone("chmod", "0644", program.toString());
        assertMissing("fusermount3, which is not on the PATH: install the package fuse3");
        assertDone(inNamespace("umount", "/usr/bin/fusermount3"));
        assertDone(inNamespace("chown", "0", mountPoint.toString()));
        assertMissing("user has no write access to mountpoint " + mountPoint);
        assertDone(inNamespace("chmod", "0600", "/dev/fuse"));
        assertMissing("/dev/fuse");
        assertDone(inNamespace("mount", "--bind", "/dev/null", "/dev/fuse"));
        assertFalse(mounted());
    }

    private void assertMissing(String what) throws IOException, InterruptedException {
        Process server = server("a");
        String said = server.inputReader().readLine();
        assertTrue(said.startsWith("PERMISSION_DENIED: ") && said.contains(what), said);
        assertEquals(0, server.waitFor());
    }
}
