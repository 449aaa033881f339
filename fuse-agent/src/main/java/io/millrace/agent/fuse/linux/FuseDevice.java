package io.millrace.agent.fuse.linux;

import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;

/** The kernel's FUSE device. */
final class FuseDevice {

    /** The type that a mount shows. */
    static final String TYPE = "fuse.millrace";

    private static final String PATH = "/dev/fuse";

    private FuseDevice() {}

    /**
     * Opens it, with no mount yet.
     *
     * @throws MillraceException PERMISSION_DENIED, UNAVAILABLE
     */
    static int open() {
        int fd = Libc.open(PATH, Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd >= 0) {
            return fd;
        }
        throw switch (-fd) {
            case Errno.EACCES ->
                    new MillraceException(
                            ErrorCode.PERMISSION_DENIED,
                            "this user may not open " + PATH + ": its mode must be 0666");
            case Errno.EPERM ->
                    new MillraceException(
                            ErrorCode.PERMISSION_DENIED,
                            "opening "
                                    + PATH
                                    + " is not permitted: give the container the device (--device"
                                    + " "
                                    + PATH
                                    + ")");
            case Errno.ENOENT ->
                    new MillraceException(
                            ErrorCode.UNAVAILABLE,
                            "there is no "
                                    + PATH
                                    + ": load the module fuse, and give a container the device"
                                    + " (--device "
                                    + PATH
                                    + ")");
            default ->
                    new MillraceException(
                            ErrorCode.UNAVAILABLE,
                            "this host has no FUSE: opening " + PATH + " failed with errno " + -fd);
        };
    }
}
