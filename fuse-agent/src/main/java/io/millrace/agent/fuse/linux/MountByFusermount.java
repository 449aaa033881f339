package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseOptions;
import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.File;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code fusermount3} of the package fuse3 mounts for a user who may not: it is set-user-id root,
 * looks whether the directory is the user's, opens the device, mounts, and sends the open device
 * back through a Unix socket whose number it finds in {@code _FUSE_COMMFD}.
 */
final class MountByFusermount implements Mounting {

    private static final Logger LOG = System.getLogger(MountByFusermount.class.getName());
    private static final String PROGRAM = "fusermount3";
    private static final Path CONFIGURATION = Path.of("/etc/fuse.conf");
    private static final String OTHERS_ALLOWED = "user_allow_other";

    /** Where it lies on any distribution, should PATH not say so. */
    private static final String USUAL_DIRECTORIES = "/usr/bin:/bin:/usr/local/bin";

    private static final int ERROR_STREAM = 2;
    private static final int SOCKET = 3;

    /** What it said on its error stream, and how it ended. */
    private record Ended(int code, String said) {

        private static final int NOT_STARTED = -1;

        boolean well() {
            return code == 0;
        }
    }

    @Override
    public void check() {
        var _ = program();
        var _ = Libc.close(FuseDevice.open());
    }

    @Override
    public int mount(Path path, FuseOptions options) {
        String program = program();
        SpawnCalls.Pair sockets = SpawnCalls.socketPair();
        if (sockets == null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "no descriptors are left to start " + program);
        }
        int fd = -1;
        Ended ended;
        try {
            ended =
                    run(
                            List.of(program, "-o", mountOptions(options), "--", path.toString()),
                            new SpawnCalls.Inherited(sockets.theirs(), SOCKET));
        } finally {
            var _ = Libc.close(sockets.theirs());
        }
        try {
            if (ended.well()) {
                fd = SpawnCalls.receiveFile(sockets.ours());
            }
        } finally {
            var _ = Libc.close(sockets.ours());
        }
        if (fd < 0) {
            throw new MillraceException(
                    ErrorCode.PERMISSION_DENIED,
                    PROGRAM
                            + " did not mount at "
                            + path
                            + ": "
                            + (ended.well() ? "it sent no open device" : ended.said()));
        }
        return fd;
    }

    @Override
    public int unmount(Path path) {
        return unmount(path, "-u");
    }

    /** What is open stays served until the connection is aborted. */
    @Override
    public int detach(Path path) {
        return unmount(path, "-uz");
    }

    private static int unmount(Path path, String how) {
        Ended ended = run(List.of(program(), how, "--", path.toString()));
        if (ended.well()) {
            return 0;
        }
        if (ended.said().endsWith("Device or resource busy")) {
            return -Errno.EBUSY;
        }
        LOG.log(
                Level.DEBUG,
                () -> "event=fusermount_failed path=" + path + " reason=" + ended.said());
        return -Errno.EPERM;
    }

    private static String mountOptions(FuseOptions options) {
        String subtype = FuseDevice.TYPE.substring(FuseDevice.TYPE.indexOf('.') + 1);
        List<String> result = new ArrayList<>(List.of("ro", "nosuid", "nodev"));
        result.add("default_permissions");
        result.add("max_read=" + Wire.MAX_READ);
        result.add("subtype=" + subtype);
        result.add("fsname=" + options.source().replace("\\", "\\\\").replace(",", "\\,"));
        if (options.access() == FuseOptions.Access.ALL_USERS && letsOthersIn()) {
            result.add("allow_other");
        }
        return String.join(",", result);
    }

    /** Root always may; others as the host's owner says. */
    private static boolean letsOthersIn() {
        if (Privileges.effective().root()) {
            return true;
        }
        try (Stream<String> lines = Files.lines(CONFIGURATION, StandardCharsets.ISO_8859_1)) {
            if (lines.anyMatch(line -> line.strip().equals(OTHERS_ALLOWED))) {
                return true;
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "event=fuse_conf_unread file=" + CONFIGURATION, e);
        }
        LOG.log(
                Level.WARNING,
                "event=allow_other_left_out reason=only the user who mounts gets in, not even root:"
                        + " "
                        + CONFIGURATION
                        + " must say "
                        + OTHERS_ALLOWED
                        + " on a line of its own to let others in");
        return false;
    }

    /**
     * @throws MillraceException PERMISSION_DENIED, saying what is missing
     */
    private static String program() {
        Privileges privileges = Privileges.effective();
        if (privileges.root() && !privileges.mayMount()) {
            throw new MillraceException(
                    ErrorCode.PERMISSION_DENIED,
                    "mounting needs CAP_SYS_ADMIN, which root does not have here: give it to the"
                            + " container (--cap-add SYS_ADMIN)");
        }
        return find().orElseThrow(() ->
                new MillraceException(
                        ErrorCode.PERMISSION_DENIED,
                        "mounting needs root (CAP_SYS_ADMIN) or "
                                + PROGRAM
                                + ", which is not on the PATH: install the"
                                + " package fuse3"));
    }

    private static Optional<String> find() {
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        for (String directory : (path + ":" + USUAL_DIRECTORIES).split(":", -1)) {
            File file = new File(directory, PROGRAM);
            if (!directory.isEmpty() && file.isFile() && file.canExecute()) {
                return Optional.of(file.getAbsolutePath());
            }
        }
        return Optional.empty();
    }

    private static Ended run(List<String> arguments, SpawnCalls.Inherited... files) {
        int errors = Libc.memoryFile(PROGRAM);
        if (errors < 0) {
            return new Ended(Ended.NOT_STARTED, "no memory for it, errno " + -errors);
        }
        try {
            SpawnCalls.Inherited[] inherited = java.util.Arrays.copyOf(files, files.length + 1);
            inherited[files.length] = new SpawnCalls.Inherited(errors, ERROR_STREAM);
            int pid =
                    SpawnCalls.spawn(
                            arguments,
                            List.of("PATH=/usr/bin:/bin", "LC_ALL=C", "_FUSE_COMMFD=" + SOCKET),
                            inherited);
            if (pid < 0) {
                return new Ended(Ended.NOT_STARTED, "it did not start, errno " + -pid);
            }
            int code = SpawnCalls.await(pid);
            return new Ended(code, code == 0 ? "" : said(errors, arguments.getFirst(), code));
        } finally {
            var _ = Libc.close(errors);
        }
    }

    private static String said(int errors, String program, int code) {
        try {
            String text =
                    new String(
                            Files.readAllBytes(Path.of("/proc/self/fd", Integer.toString(errors))),
                            StandardCharsets.UTF_8);
            String line = text.strip().replace('\n', ' ');
            if (line.isEmpty()) {
                return "it ended with " + code;
            }
            String prefix = program + ": ";
            return line.startsWith(prefix) ? line.substring(prefix.length()) : line;
        } catch (IOException e) {
            return "it ended with " + code;
        }
    }
}
