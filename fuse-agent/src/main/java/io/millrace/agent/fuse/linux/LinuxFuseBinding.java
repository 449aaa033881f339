package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Speaks FUSE on {@code /dev/fuse}: Linux, as root or as a user who has fusermount3. */
public final class LinuxFuseBinding implements FuseBinding {

    private static final long OVERLAYFS_MAGIC = 0x794C_7630L;

    private final Mounting mounting;

    /** Mounts in the way that is open to this process. */
    public LinuxFuseBinding() {
        this(Mounting.ofThisProcess());
    }

    LinuxFuseBinding(Mounting mounting) {
        this.mounting = mounting;
    }

    /**
     * Fails as {@link #mount} would for a mount point or a host that allows no mount, before
     * anything else is started.
     */
    public void check(FuseOptions options) {
        var _ = MountPoint.prepare(options.mountPoint(), options.occupied(), mounting);
        mounting.check();
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
        MountPoint mountPoint =
                MountPoint.prepare(options.mountPoint(), options.occupied(), mounting);
        DeviceHandle device = mountPoint.mount(options);
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
}
