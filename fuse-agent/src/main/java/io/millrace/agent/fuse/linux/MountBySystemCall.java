package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseOptions;
import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.nio.file.Path;

/** This process has CAP_SYS_ADMIN, and mounts by itself. */
final class MountBySystemCall implements Mounting {

    private static final int NONE = -1;

    private final int given;

    MountBySystemCall() {
        this(NONE);
    }

    /**
     * @param given an open {@code /dev/fuse} with no mount yet, to mount in place of a new one
     */
    MountBySystemCall(int given) {
        this.given = given;
    }

    @Override
    public void check() {
        var _ = Libc.close(FuseDevice.open());
    }

    @Override
    public int mount(Path path, FuseOptions options) {
        int fd = given == NONE ? FuseDevice.open() : given;
        boolean mounted = false;
        try {
            mount(fd, path, options);
            mounted = true;
            return fd;
        } finally {
            if (!mounted) {
                var _ = Libc.close(fd);
            }
        }
    }

    private static void mount(int fd, Path path, FuseOptions options) {
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
                        FuseDevice.TYPE,
                        Libc.MS_NODEV | Libc.MS_NOSUID | Libc.MS_RDONLY,
                        data);
        switch (-result) {
            case 0 -> {}
            case Errno.EPERM, Errno.EACCES ->
                    throw new MillraceException(
                            ErrorCode.PERMISSION_DENIED,
                            "mounting at "
                                    + path
                                    + " is not permitted although this process has CAP_SYS_ADMIN:"
                                    + " a profile of AppArmor, SELinux or seccomp forbids mount(2)");
            default ->
                    throw new MillraceException(
                            ErrorCode.UNAVAILABLE,
                            "mounting at " + path + " failed with errno " + -result);
        }
    }

    @Override
    public int unmount(Path path) {
        return Libc.unmount(path.toString(), 0);
    }

    /** Also aborts the connection: what is open fails with ENOTCONN, now and later. */
    @Override
    public int detach(Path path) {
        return Libc.unmount(path.toString(), Libc.MNT_FORCE | Libc.MNT_DETACH);
    }
}
