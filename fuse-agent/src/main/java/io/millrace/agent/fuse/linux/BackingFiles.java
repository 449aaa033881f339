package io.millrace.agent.fuse.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.millrace.model.Errno;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
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
 * worker whose cache file it is that its space is not free. Lock and file belong to the kernel's id
 * alone: no descriptor is kept, so open files do not count against the limit of this process, and
 * outlive it with the connection.
 */
final class BackingFiles {

    private static final Logger LOG = System.getLogger(BackingFiles.class.getName());

    /** Two nodes in one bin wait for each other's system calls. */
    private static final int BINS = 1 << 14;

    private final int device;
    private final OpenJournal journal;
    private final ConcurrentHashMap<Long, Inode> inodes = new ConcurrentHashMap<>(BINS);
    private final AtomicBoolean refused = new AtomicBoolean();
    private final AtomicInteger held = new AtomicInteger();
    private final LongAdder opens = new LongAdder();

    private static final class Inode {
        private int opens;

        /** 0: its reads come to this process. */
        private int id;

        /** Where the journal has it. */
        private long slot;
    }

    /**
     * @param device the open /dev/fuse of the connection
     * @param journal what it says was left is open from the start
     */
    BackingFiles(int device, OpenJournal journal) {
        this.device = device;
        this.journal = journal;
        journal.recover(this::recovered);
    }

    private void recovered(long slot, long node, int id, int count) {
        Inode inode = new Inode();
        inode.opens = count;
        inode.id = id;
        inode.slot = slot;
        inodes.put(node, inode);
        if (id != 0) {
            held.incrementAndGet();
        }
    }

    /** Whether the kernel takes backing files from this process: 0, or the negative errno. */
    static int probe(int device) {
        Scratch scratch = Scratch.create();
        int fd = Libc.memoryFile("millrace-probe");
        if (fd < 0) {
            return fd;
        }
        int id = register(scratch, device, fd);
        var _ = Libc.close(scratch, fd);
        if (id < 0) {
            return id;
        }
        unregister(scratch, device, id);
        return 0;
    }

    /**
     * Notes that {@code node} is opened once more.
     *
     * @param length what the backing file's size must be
     * @param candidates where it may lie; asked only when the node is not open yet
     * @param scratch of the calling thread
     * @return the id of its backing file; 0: reads come to this process
     */
    int open(long node, long length, Supplier<List<String>> candidates, Scratch scratch) {
        Inode inode =
                inodes.compute(
                        node,
                        (_, known) -> {
                            Inode opened = known;
                            if (opened == null) {
                                opened = new Inode();
                                if (!refused.get()) {
                                    take(opened, length, candidates.get(), scratch);
                                }
                            }
                            opened.opens++;
                            if (opened.opens == 1) {
                                opened.slot = journal.add(node, opened.id);
                            } else {
                                journal.opens(opened.slot, opened.opens);
                            }
                            return opened;
                        });
        int id = inode == null ? 0 : inode.id;
        if (id != 0) {
            opens.increment();
        }
        return id;
    }

    /** Notes that {@code node} is closed once. */
    void release(long node, Scratch scratch) {
        var _ =
                inodes.computeIfPresent(
                        node,
                        (_, inode) -> {
                            inode.opens--;
                            // First: an id that is written down is one that the kernel knows.
                            journal.opens(inode.slot, inode.opens);
                            if (inode.opens > 0) {
                                return inode;
                            }
                            if (inode.id != 0) {
                                unregister(scratch, device, inode.id);
                                held.decrementAndGet();
                            }
                            return null;
                        });
    }

    /** The connection has ended, and with it the kernel's hold on the files. */
    void end() {
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

    private void take(Inode inode, long length, List<String> candidates, Scratch scratch) {
        for (String path : candidates) {
            int fd = Libc.open(scratch, path, Libc.O_RDONLY | Libc.O_CLOEXEC);
            if (fd >= 0) {
                int id = take(scratch, fd, length);
                var _ = Libc.close(scratch, fd);
                if (id > 0) {
                    inode.id = id;
                    held.incrementAndGet();
                    return;
                }
                if (id < 0) {
                    failed(-id, path);
                    return;
                }
            }
        }
    }

    /** The id; 0: the file is not, or no longer, what is wanted; else the negative errno. */
    private int take(Scratch scratch, int fd, long length) {
        // The lock first: a worker unlinks, and then looks who holds a lock.
        boolean usable =
                Libc.lockForReading(scratch, fd) == 0 && Libc.sizeOfNamed(scratch, fd) == length;
        return usable ? register(scratch, device, fd) : 0;
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

    private static int register(Scratch scratch, int device, int fd) {
        scratch.cleared(Wire.BACKING_MAP).set(JAVA_INT, 0, fd);
        return Libc.ioctl(scratch, device, Wire.IOC_BACKING_OPEN);
    }

    private static void unregister(Scratch scratch, int device, int id) {
        scratch.struct().set(JAVA_INT, 0, id);
        var _ = Libc.ioctl(scratch, device, Wire.IOC_BACKING_CLOSE);
    }
}
