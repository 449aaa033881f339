package io.millrace.model;

/**
 * The one table of failures: what each is called over gRPC, HTTP and the mount, and whether trying
 * again can help.
 *
 * <p>Sources: gRPC status codes (grpc.github.io/grpc/core/md_doc_statuscodes.html), RFC 9110, Linux
 * errno(3).
 */
public enum ErrorCode {
    /** The request can never succeed as it is. */
    INVALID_ARGUMENT(3, 400, Errno.EINVAL, Retry.NEVER),
    NAME_TOO_LONG(3, 400, Errno.ENAMETOOLONG, Retry.NEVER),
    NOT_FOUND(5, 404, Errno.ENOENT, Retry.NEVER),
    NOT_A_DIRECTORY(9, 409, Errno.ENOTDIR, Retry.NEVER),
    IS_A_DIRECTORY(9, 409, Errno.EISDIR, Retry.NEVER),
    /** Such a thing is there already: a mount, a running job. */
    ALREADY_EXISTS(6, 409, Errno.EEXIST, Retry.NEVER),
    /** The state of the subject forbids it. */
    CONFLICT(9, 409, Errno.EBUSY, Retry.NEVER),
    /** The object has changed in the under store: resolve the path again. */
    STALE_VERSION(10, 412, Errno.ESTALE, Retry.NEVER),
    RANGE_NOT_SATISFIABLE(11, 416, Errno.EINVAL, Retry.NEVER),
    /** The under store, or Millrace, refused the caller's credentials. */
    PERMISSION_DENIED(7, 403, Errno.EACCES, Retry.NEVER),
    READ_ONLY(9, 405, Errno.EROFS, Retry.NEVER),
    /** A limit is reached; try again after a pause. */
    BUSY(8, 503, Errno.EAGAIN, Retry.AFTER_PAUSE),
    NO_SPACE(8, 507, Errno.ENOSPC, Retry.AFTER_PAUSE),
    /** A service or the under store cannot be reached. */
    UNAVAILABLE(14, 503, Errno.EIO, Retry.AFTER_PAUSE),
    DEADLINE_EXCEEDED(4, 504, Errno.ETIMEDOUT, Retry.AFTER_PAUSE),
    INTERRUPTED(1, 499, Errno.EINTR, Retry.NEVER),
    /** Bytes are not what they must be. */
    CORRUPT(15, 500, Errno.EIO, Retry.ELSEWHERE),
    IO_ERROR(13, 500, Errno.EIO, Retry.ELSEWHERE),
    /** A broken invariant: a defect of Millrace. */
    INTERNAL(13, 500, Errno.EIO, Retry.NEVER);

    /** What a caller may do. */
    public enum Retry {
        NEVER,
        AFTER_PAUSE,
        /** Another worker may do better. */
        ELSEWHERE
    }

    private final int grpcStatus;
    private final int httpStatus;
    private final int errno;
    private final Retry retry;

    ErrorCode(int grpcStatus, int httpStatus, int errno, Retry retry) {
        this.grpcStatus = grpcStatus;
        this.httpStatus = httpStatus;
        this.errno = errno;
        this.retry = retry;
    }

    /** Numeric gRPC status code. */
    public int grpcStatus() {
        return grpcStatus;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /** Linux error number, positive. */
    public int errno() {
        return errno;
    }

    public Retry retry() {
        return retry;
    }

    /** The {@code type} of an RFC 9457 problem: a relative reference that names the code. */
    public String problemType() {
        return "/problems/" + name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
