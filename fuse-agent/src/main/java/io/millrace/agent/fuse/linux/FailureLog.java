package io.millrace.agent.fuse.linux;

import io.millrace.model.Errno;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Says why a request was answered EIO, at most once a second: the program that gets the errno
 * cannot tell. Other errnos speak for themselves.
 */
final class FailureLog {

    private static final Logger LOG = System.getLogger(FailureLog.class.getName());
    private static final long PERIOD_NANOS = 1_000_000_000L;

    private final AtomicLong next = new AtomicLong(System.nanoTime());
    private final AtomicLong unsaid = new AtomicLong();

    void failed(String operation, int errno, MillraceException cause) {
        long now = System.nanoTime();
        long due = next.get();
        if (errno != Errno.EIO || now - due < 0 || !next.compareAndSet(due, now + PERIOD_NANOS)) {
            unsaid.addAndGet(errno == Errno.EIO ? 1 : 0);
            LOG.log(Level.DEBUG, () -> "event=fuse_request_failed operation=" + operation, cause);
            return;
        }
        LOG.log(
                Level.WARNING,
                "event=fuse_request_failed operation="
                        + operation
                        + " code="
                        + cause.code()
                        + " reason="
                        + cause.getMessage()
                        + " unsaid="
                        + unsaid.getAndSet(0));
    }
}
