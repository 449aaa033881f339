package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseOptions;
import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The directory a file system is mounted at: checked, taken over, mounted, unmounted. */
final class MountPoint {

    private static final Logger LOG = System.getLogger(MountPoint.class.getName());
    private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");
    private static final Path BDI = Path.of("/sys/class/bdi");
    private static final long BUSY_PAUSE_MILLIS = 50;

    private final Path path;
    private String device = "";

    private MountPoint(Path path) {
        this.path = path;
    }

    /**
     * Checks that {@code requested} can be mounted at, after removing what a crash left there.
     *
     * @throws MillraceException INVALID_ARGUMENT, CONFLICT
     */
    static MountPoint prepare(Path requested, FuseOptions.Occupied occupied) {
        Path path = realParent(requested.toAbsolutePath().normalize());
        removeStale(path);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "mount point " + path + " does not exist: create the directory first");
        }
        if (!Files.isDirectory(path)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "mount point " + path + " is not a directory");
        }
        Path real = real(path);
        Optional<MountTable.Mount> live = MountTable.at(real);
        if (live.isPresent()) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "mount point "
                            + real
                            + " is in use: "
                            + live.get().type()
                            + " is mounted there");
        }
        if (occupied == FuseOptions.Occupied.REFUSE && !isEmpty(real)) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "mount point "
                            + real
                            + " is not empty: use an empty directory, or --non-empty to hide what"
                            + " is in it");
        }
        return new MountPoint(real);
    }

    Path path() {
        return path;
    }

    /**
     * Mounts the file system served through {@code fd}.
     *
     * @throws MillraceException PERMISSION_DENIED, UNAVAILABLE
     */
    void mount(int fd, FuseOptions options) {
        String data =
                "fd="
                        + fd
                        + ",rootmode=40000,user_id="
                        + Libc.effectiveUser()
                        + ",group_id="
                        + Libc.effectiveGroup()
                        + ",default_permissions,max_read="
                        + Wire.MAX_READ
                        + (options.access() == FuseOptions.Access.ALL_USERS ? ",allow_other" : "");
        int result =
                Libc.mount(
                        options.source(),
                        path.toString(),
                        "fuse.millrace",
                        Libc.MS_NODEV | Libc.MS_NOSUID | Libc.MS_RDONLY,
                        data);
        switch (-result) {
            case 0 -> device = MountTable.at(path).map(MountTable.Mount::device).orElse("");
            case Errno.EPERM, Errno.EACCES ->
                    throw new MillraceException(
                            ErrorCode.PERMISSION_DENIED,
                            "mounting at "
                                    + path
                                    + " is not permitted: run as root or with CAP_SYS_ADMIN");
            default ->
                    throw new MillraceException(
                            ErrorCode.UNAVAILABLE,
                            "mounting at " + path + " failed with errno " + -result);
        }
    }

    /** Lets the kernel read ahead further than its default of 128 KiB. Needs root. */
    void readAhead(long bytes) {
        Path setting = BDI.resolve(device).resolve("read_ahead_kb");
        try {
            if (!device.isEmpty()) {
                Files.writeString(setting, Long.toString(bytes >> 10));
            }
        } catch (IOException e) {
            LOG.log(Level.INFO, "event=read_ahead_not_set file=" + setting + " reason=" + e);
        }
    }

    /** Unmounts: now if it is free, by taking it away when {@code grace} is over. */
    void unmount(Duration grace) throws InterruptedException {
        long end = System.nanoTime() + grace.toNanos();
        while (true) {
            int result = Libc.unmount(path.toString(), 0);
            if (result != -Errno.EBUSY) {
                return;
            }
            if (System.nanoTime() >= end) {
                LOG.log(Level.WARNING, "event=unmount_busy path=" + path + " action=detach");
                // FORCE aborts the connection: what is open fails with ENOTCONN, now and later.
                var _ = Libc.unmount(path.toString(), Libc.MNT_FORCE | Libc.MNT_DETACH);
                return;
            }
            Thread.sleep(BUSY_PAUSE_MILLIS);
        }
    }

    /**
     * Ends the connection though a copy of the mount lives on in another mount namespace. Needs the
     * fusectl file system; without it the connection ends with this process.
     */
    void abort() {
        String minor = device.substring(device.indexOf(':') + 1);
        Path file = CONNECTIONS.resolve(minor).resolve("abort");
        try {
            if (!minor.isEmpty() && Files.exists(file)) {
                Files.writeString(file, "1");
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "event=fuse_abort_failed file=" + file + " reason=" + e);
        }
    }

    /** A server that died leaves a mount whose every access says ENOTCONN. */
    private static void removeStale(Path path) {
        for (int i = 0; i < 16 && Libc.statfs(path.toString()) == -Errno.ENOTCONN; i++) {
            LOG.log(Level.WARNING, "event=stale_mount path=" + path + " action=unmount");
            int result = Libc.unmount(path.toString(), Libc.MNT_DETACH);
            if (result != 0) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        "mount point "
                                + path
                                + " holds a mount whose server is gone, and cannot be unmounted"
                                + " (errno "
                                + -result
                                + "): run umount -l "
                                + path);
            }
        }
    }

    /** Resolves links above the mount point; the mount point itself may be unreachable. */
    private static Path realParent(Path path) {
        Path parent = path.getParent();
        Path name = path.getFileName();
        if (parent == null || name == null) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "mount point " + path + " is the root directory");
        }
        return Files.isDirectory(parent) ? real(parent).resolve(name) : path;
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "mount point " + path + " cannot be reached", e);
        }
    }

    private static boolean isEmpty(Path directory) {
        try (DirectoryStream<Path> content = Files.newDirectoryStream(directory)) {
            return !content.iterator().hasNext();
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "mount point " + directory + " cannot be listed",
                    e);
        }
    }
}
