package io.millrace.agent.fuse.linux;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open {@code /dev/fuse}, closed by the last of those who use it: a number that is closed too
 * early may name another file when a late answer is written.
 */
final class DeviceHandle {

    private final int fd;
    private final AtomicInteger users = new AtomicInteger(1);

    DeviceHandle(int fd) {
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    /** Keeps it open until {@link #release}; false: it is closed. */
    boolean retain() {
        return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) != 0;
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            var _ = Libc.close(fd);
        }
    }
}
