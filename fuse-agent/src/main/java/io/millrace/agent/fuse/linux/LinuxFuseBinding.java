package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.takeover.Supervision;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Speaks FUSE on {@code /dev/fuse}: Linux, as root or as a user who has fusermount3. */
public final class LinuxFuseBinding implements FuseBinding {

    private static final long OVERLAYFS_MAGIC = 0x794C_7630L;

    private final @Nullable Supervision supervision;
    private final Mounting mounting;

    /** Mounts in the way that is open to this process, for the life of it. */
    public LinuxFuseBinding() {
        this(Mounting.ofThisProcess());
    }

    LinuxFuseBinding(Mounting mounting) {
        this(null, mounting);
    }

    /** Mounts, or takes over, what is handed from one process to the next. */
    public static LinuxFuseBinding supervised(Supervision supervision) {
        return new LinuxFuseBinding(supervision, new MountBySystemCall(supervision.device()));
    }

    private LinuxFuseBinding(@Nullable Supervision supervision, Mounting mounting) {
        this.supervision = supervision;
        this.mounting = mounting;
    }

    @Override
    public String name() {
        return "direct";
    }

    @Override
    public Path check(FuseOptions options) {
        MountPoint mountPoint =
                MountPoint.prepare(options.mountPoint(), options.occupied(), mounting);
        mounting.check();
        return mountPoint.path();
    }

    /** Whether a device that this process's successor has too can be mounted. */
    public boolean maySupervise() {
        return mounting instanceof MountBySystemCall;
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
        if (supervision != null && supervision.restarts() > 0) {
            Optional<MountPoint> held = MountPoint.held(options.mountPoint(), mounting);
            if (held.isPresent()) {
                return takeOver(supervision, held.get(), fileSystem, options);
            }
        }
        MountPoint mountPoint =
                MountPoint.prepare(options.mountPoint(), options.occupied(), mounting);
        DeviceHandle device = mountPoint.mount(options);
        FuseConnection connection;
        try {
            connection = new FuseConnection(device, mountPoint, fileSystem, options, supervision);
        } catch (RuntimeException e) {
            // Nobody serves it, so nothing can be asked of it.
            mountPoint.takeAway();
            device.release();
            throw e;
        }
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

    /** A failure leaves the mount to the next agent. */
    private static FuseMount takeOver(
            Supervision supervision,
            MountPoint mountPoint,
            FuseFileSystem fileSystem,
            FuseOptions options) {
        Optional<AgreedConnection> agreed = AgreedConnection.read(supervision.connection());
        FuseOptions same =
                agreed.map(connection ->
                                options.toBuilder().readPolicy(connection.wanted()).build())
                        .orElse(options);
        FuseConnection connection =
                new FuseConnection(
                        new DeviceHandle(supervision.device()),
                        mountPoint,
                        fileSystem,
                        same,
                        supervision);
        connection.takeOver(agreed);
        return connection;
    }
}
