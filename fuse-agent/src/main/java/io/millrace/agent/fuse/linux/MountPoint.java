package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.MountDirectory;
import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
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
    private final Mounting mounting;
    private String device = "";

    /** The root of a mount that was taken away; negative: there is none. */
    private volatile int root = -1;

    private MountPoint(Path path, Mounting mounting) {
        this.path = path;
        this.mounting = mounting;
    }

    /**
     * A mount at {@code path} that waits for a successor of its agent. Never touches it: nobody
     * would answer.
     */
    static Optional<MountPoint> held(Path path, Mounting mounting) {
        MountPoint point = new MountPoint(realParent(path.toAbsolutePath().normalize()), mounting);
        Optional<MountTable.Mount> mount =
                MountTable.at(point.path).filter(found -> found.type().equals(FuseDevice.TYPE));
        mount.ifPresent(found -> point.device = found.device());
        return mount.map(_ -> point);
    }

    /**
     * Checks that {@code requested} can be mounted at, after removing what a crash left there.
     *
     * @throws MillraceException INVALID_ARGUMENT, CONFLICT
     */
    static MountPoint prepare(Path requested, FuseOptions.Occupied occupied, Mounting mounting) {
        Path path = realParent(requested.toAbsolutePath().normalize());
        removeStale(path, mounting);
        Path real = MountDirectory.require(path);
        Optional<MountTable.Mount> live = MountTable.at(real);
        if (live.isPresent()) {
            throw MountDirectory.inUse(real, live.get().type());
        }
        MountDirectory.requireRoom(real, occupied);
        return new MountPoint(real, mounting);
    }

    Path path() {
        return path;
    }

    /**
     * Mounts.
     *
     * @return the open device through which it is served
     * @throws MillraceException PERMISSION_DENIED, UNAVAILABLE
     */
    DeviceHandle mount(FuseOptions options) {
        DeviceHandle opened = new DeviceHandle(mounting.mount(path, options));
        device = MountTable.at(path).map(MountTable.Mount::device).orElse("");
        return opened;
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
        while (mounting.unmount(path) == -Errno.EBUSY) {
            if (System.nanoTime() >= end) {
                LOG.log(Level.WARNING, "event=unmount_busy path=" + path + " action=detach");
                root = Libc.open(path.toString(), Libc.O_PATH | Libc.O_CLOEXEC);
                takeAway();
                return;
            }
            Thread.sleep(BUSY_PAUSE_MILLIS);
        }
    }

    /** Unmounts at once. */
    void takeAway() {
        var _ = abort();
        var _ = mounting.detach(path);
    }

    /**
     * Ends the connection, whoever uses it and though a copy of the mount lives on in another mount
     * namespace: what is open fails with ENOTCONN. Needs the fusectl file system, where the user
     * who mounted may do it.
     *
     * @return false: it cannot be done
     */
    boolean abort() {
        String minor = device.substring(device.indexOf(':') + 1);
        Path file = CONNECTIONS.resolve(minor).resolve("abort");
        try {
            if (minor.isEmpty() || !Files.exists(file)) {
                return false;
            }
            Files.writeString(file, "1");
            return true;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "event=fuse_abort_failed file=" + file + " reason=" + e);
            return false;
        }
    }

    /** Whether {@link #ask} can still reach the server. */
    boolean wasTakenAway() {
        return root >= 0;
    }

    /** Sends one request to the server of a mount that was taken away, and waits for its end. */
    void ask() {
        var _ = Libc.statfs("/proc/self/fd/" + root);
    }

    /** No thread serves it any more. */
    void ended() {
        if (root >= 0) {
            var _ = Libc.close(root);
            root = -1;
        }
    }

    /** A server that died leaves a mount whose every access says ENOTCONN. */
    private static void removeStale(Path path, Mounting mounting) {
        for (int i = 0; i < 16 && Libc.statfs(path.toString()) == -Errno.ENOTCONN; i++) {
            LOG.log(Level.WARNING, "event=stale_mount path=" + path + " action=unmount");
            int result = mounting.detach(path);
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
        return Files.isDirectory(parent) ? MountDirectory.require(parent).resolve(name) : path;
    }
}
