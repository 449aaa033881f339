package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Mounts by {@code /dev/fuse} and mount(2): Linux, with CAP_SYS_ADMIN. */
public final class LinuxFuseBinding implements FuseBinding {

    private static final String DEVICE = "/dev/fuse";
    private static final long OVERLAYFS_MAGIC = 0x794C_7630L;

    /**
     * Fails as {@link #mount} would for a mount point or a host that allows no mount, before
     * anything else is started.
     */
    public static void check(FuseOptions options) {
        var _ = MountPoint.prepare(options.mountPoint(), options.occupied());
        new DeviceHandle(openDevice()).release();
    }

    /** What the files below {@code directories} lie on. */
    public static FuseOptions.Backing backing(List<Path> directories) {
        boolean stacked =
                directories.stream()
                        .anyMatch(path -> Libc.statfs(path.toString()) == OVERLAYFS_MAGIC);
        return stacked ? FuseOptions.Backing.STACKED : FuseOptions.Backing.PLAIN;
    }

    @Override
    public FuseMount mount(FuseFileSystem fileSystem, FuseOptions options) {
        MountPoint mountPoint = MountPoint.prepare(options.mountPoint(), options.occupied());
        DeviceHandle device = new DeviceHandle(openDevice());
        boolean started = false;
        try {
            mountPoint.mount(device.fd(), options);
            started = true;
        } finally {
            if (!started) {
                device.release();
            }
        }
        FuseConnection connection = new FuseConnection(device, mountPoint, fileSystem, options);
        try {
            connection.start();
        } catch (RuntimeException e) {
            connection.unmount(Duration.ZERO);
            throw e;
        }
        if (options.readAheadBytes() > 0) {
            mountPoint.readAhead(options.readAheadBytes());
        }
        return connection;
    }

    private static int openDevice() {
        int fd = Libc.open(DEVICE, Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd >= 0) {
            return fd;
        }
        throw switch (-fd) {
            case Errno.EACCES, Errno.EPERM ->
                    new MillraceException(
                            ErrorCode.PERMISSION_DENIED,
                            "opening " + DEVICE + " is not permitted on this host");
            default ->
                    new MillraceException(
                            ErrorCode.UNAVAILABLE,
                            "this host has no FUSE: opening "
                                    + DEVICE
                                    + " failed with errno "
                                    + -fd);
        };
    }
}
