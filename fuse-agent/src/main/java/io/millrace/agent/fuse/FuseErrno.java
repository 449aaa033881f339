package io.millrace.agent.fuse;

import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;

/** What a mount shows of a failure. */
public final class FuseErrno {

    private FuseErrno() {}

    /**
     * The errno of {@code code}. Where the table of errors says "try again" the mount says EIO: a
     * program that reads a file expects neither EAGAIN nor ETIMEDOUT nor ENOSPC.
     */
    public static int of(ErrorCode code) {
        return switch (code.errno()) {
            case Errno.EAGAIN, Errno.ETIMEDOUT, Errno.ENOSPC -> Errno.EIO;
            default -> code.errno();
        };
    }
}
