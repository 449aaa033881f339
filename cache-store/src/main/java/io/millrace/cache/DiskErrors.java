package io.millrace.cache;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.util.List;

/** What a failed system call says of the disk. Java tells the kernel's reason only in words. */
final class DiskErrors {

    /** EIO, EROFS, EUCLEAN, ENODEV, ENXIO: the next call will fail too. */
    private static final List<String> BROKEN =
            List.of(
                    "Input/output error",
                    "Read-only file system",
                    "Structure needs cleaning",
                    "No such device");

    private DiskErrors() {}

    static boolean isDiskFull(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left on device")
                || message.contains("Disk quota exceeded");
    }

    /** Whether the disk has failed, and not this one file or call. */
    static boolean isDiskBroken(IOException e) {
        String message = String.valueOf(e.getMessage());
        return BROKEN.stream().anyMatch(message::contains);
    }

    /** NO_SPACE or IO_ERROR, to tell a caller. */
    static MillraceException failure(String what, IOException e) {
        return new MillraceException(
                isDiskFull(e) ? ErrorCode.NO_SPACE : ErrorCode.IO_ERROR,
                what + ": " + e.getMessage(),
                e);
    }
}
