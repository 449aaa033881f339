package io.millrace.agent.fuse.linux;

import io.millrace.model.Errno;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Files of this host that the kernel reads by itself in place of a node.
 *
 * <p>As long as a node is open, all its opens are of one kind and of one backing file: the kernel
 * refuses another. So the first open decides, and the last release lets go; both happen inside
 * {@code compute} of the node. While the kernel holds a backing file, a read lock on it tells the
 * worker whose cache file it is that its space is not free.
 */
final class BackingFiles {

    private static final Logger LOG = System.getLogger(BackingFiles.class.getName());

    private final int device;
    private final ConcurrentHashMap<Long, Inode> inodes = new ConcurrentHashMap<>();
    private final AtomicBoolean refused = new AtomicBoolean();
    private final AtomicInteger held = new AtomicInteger();
    private final LongAdder opens = new LongAdder();

    private static final class Inode {
        private int opens;

        /** 0: its reads come to this process. */
        private int id;

        private int fd = -1;
    }

    /**
     * @param device the open /dev/fuse of the connection
     */
    BackingFiles(int device) {
        this.device = device;
    }

    /** Whether the kernel takes backing files from this process: 0, or the negative errno. */
    static int probe(int device) {
        int fd = Libc.memoryFile("millrace-probe");
        if (fd < 0) {
            return fd;
        }
        try {
            int id = register(device, fd);
            if (id < 0) {
                return id;
            }
            unregister(device, id);
            return 0;
        } finally {
            var _ = Libc.close(fd);
        }
    }

    /**
     * Notes that {@code node} is opened once more.
     *
     * @param length what the backing file's size must be
     * @param candidates where it may lie; asked only when the node is not open yet
     * @return the id of its backing file; 0: reads come to this process
     */
    int open(long node, long length, Supplier<List<String>> candidates) {
        Inode inode =
                inodes.compute(
                        node,
                        (_, known) -> {
                            Inode opened = known;
                            if (opened == null) {
                                opened = new Inode();
                                if (!refused.get()) {
                                    take(opened, length, candidates.get());
                                }
                            }
                            opened.opens++;
                            return opened;
                        });
        int id = inode == null ? 0 : inode.id;
        if (id != 0) {
            opens.increment();
        }
        return id;
    }

    /** Notes that {@code node} is closed once. */
    void release(long node) {
        var _ =
                inodes.computeIfPresent(
                        node,
                        (_, inode) -> {
                            inode.opens--;
                            if (inode.opens > 0) {
                                return inode;
                            }
                            if (inode.id != 0) {
                                unregister(device, inode.id);
                                var _ = Libc.close(inode.fd);
                                held.decrementAndGet();
                            }
                            return null;
                        });
    }

    /** The connection has ended, and with it the kernel's hold on the files. */
    void end() {
        inodes.values()
                .forEach(inode -> {
                    if (inode.id != 0) {
                        var _ = Libc.close(inode.fd);
                    }
                });
        inodes.clear();
        held.set(0);
    }

    /** Opens that were given a backing file. */
    long opens() {
        return opens.sum();
    }

    /** Backing files the kernel holds now. */
    int held() {
        return held.get();
    }

    private void take(Inode inode, long length, List<String> candidates) {
        for (String path : candidates) {
            int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
            if (fd >= 0) {
                int id = take(fd, length);
                if (id > 0) {
                    inode.id = id;
                    inode.fd = fd;
                    held.incrementAndGet();
                    return;
                }
                var _ = Libc.close(fd);
                if (id < 0) {
                    failed(-id, path);
                    return;
                }
            }
        }
    }

    /** The id; 0: the file is not, or no longer, what is wanted; else the negative errno. */
    private int take(int fd, long length) {
        // The lock first: a worker unlinks, and then looks who holds a lock.
        boolean usable = Libc.lockForReading(fd) == 0 && Libc.sizeOfNamed(fd) == length;
        return usable ? register(device, fd) : 0;
    }

    private void failed(int errno, String path) {
        if (errno == Errno.EPERM || errno == Errno.ELOOP) {
            // It will be so for every file.
            if (refused.compareAndSet(false, true)) {
                LOG.log(
                        Level.WARNING,
                        "event=passthrough_refused file="
                                + path
                                + " reason="
                                + (errno == Errno.ELOOP
                                        ? "it lies on a stacked file system"
                                        : "not permitted"));
            }
        } else {
            LOG.log(Level.WARNING, "event=passthrough_failed file=" + path + " errno=" + errno);
        }
    }

    private static int register(int device, int fd) {
        byte[] map =
                ByteBuffer.allocate(16)
                        .order(ByteOrder.nativeOrder())
                        .putInt(fd)
                        .putInt(0)
                        .putLong(0)
                        .array();
        return Libc.ioctl(device, Wire.IOC_BACKING_OPEN, map);
    }

    private static void unregister(int device, int id) {
        byte[] argument =
                ByteBuffer.allocate(Integer.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .putInt(id)
                        .array();
        var _ = Libc.ioctl(device, Wire.IOC_BACKING_CLOSE, argument);
    }
}
