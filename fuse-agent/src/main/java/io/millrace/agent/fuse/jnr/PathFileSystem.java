package io.millrace.agent.fuse.jnr;

import io.millrace.agent.fuse.Attributes;
import io.millrace.agent.fuse.Call;
import io.millrace.agent.fuse.Entry;
import io.millrace.agent.fuse.FuseErrno;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.Space;
import io.millrace.client.Cancellation;
import io.millrace.model.EntryName;
import io.millrace.model.Errno;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import jnr.ffi.Pointer;
import ru.serce.jnrfuse.FuseFillDir;
import ru.serce.jnrfuse.FuseStubFS;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.FuseFileInfo;
import ru.serce.jnrfuse.struct.Statvfs;
import ru.serce.jnrfuse.struct.Timespec;

/**
 * libfuse's high-level operations, by path, on a file system of nodes. libfuse calls them from
 * threads of its own, as many as wait at once; so every call may wait.
 */
final class PathFileSystem extends FuseStubFS {

    private static final Logger LOG = System.getLogger(PathFileSystem.class.getName());
    private static final int BLOCK = 4096;

    /** Entries of a directory start behind {@code .} (offset 1) and {@code ..} (offset 2). */
    private static final long DOT_DOT_OFFSET = 2;

    private final FuseFileSystem fileSystem;
    private final PathTree tree;
    private final ConcurrentHashMap<Long, Long> directories = new ConcurrentHashMap<>();
    private final LongAdder opens = new LongAdder();
    private final CountDownLatch initialized = new CountDownLatch(1);

    PathFileSystem(FuseFileSystem fileSystem) {
        this.fileSystem = fileSystem;
        this.tree = new PathTree(fileSystem);
    }

    /** Mounts, and serves until it is unmounted. */
    void serve(Path mountPoint, String[] options) {
        try {
            mount(mountPoint, true, false, options);
        } finally {
            // Otherwise the library unmounts the path when the process ends, whatever is there.
            mounted.set(false);
        }
    }

    PathTree tree() {
        return tree;
    }

    /** Opened by the kernel's first request. */
    CountDownLatch initialized() {
        return initialized;
    }

    long opens() {
        return opens.sum();
    }

    @Override
    public Pointer init(Pointer connection) {
        initialized.countDown();
        return connection;
    }

    @Override
    public int getattr(String path, FileStat stat) {
        return answer(
                "getattr",
                () -> {
                    put(fileSystem.attributes(tree.node(path)), stat);
                    return 0;
                });
    }

    private static void put(Attributes attributes, FileStat stat) {
        stat.st_mode.set(attributes.mode());
        stat.st_ino.set(attributes.inode());
        stat.st_nlink.set(attributes.kind() == Attributes.Kind.DIRECTORY ? 2 : 1);
        stat.st_uid.set(attributes.uid());
        stat.st_gid.set(attributes.gid());
        stat.st_size.set(attributes.length());
        stat.st_blocks.set((attributes.length() + 511) / 512);
        stat.st_blksize.set(BLOCK);
        put(attributes.modifiedMillis(), stat.st_atim);
        put(attributes.modifiedMillis(), stat.st_mtim);
        put(attributes.modifiedMillis(), stat.st_ctim);
    }

    private static void put(long millis, Timespec time) {
        time.tv_sec.set(Math.floorDiv(millis, 1000L));
        time.tv_nsec.set(Math.floorMod(millis, 1000L) * 1_000_000);
    }

    @Override
    public int open(String path, FuseFileInfo file) {
        return answer(
                "open",
                () -> {
                    file.fh.set(fileSystem.open(tree.node(path)));
                    opens.increment();
                    return 0;
                });
    }

    @Override
    public int read(String path, Pointer target, long size, long offset, FuseFileInfo file) {
        return answer(
                "read",
                () -> {
                    ByteBuffer buffer =
                            MemorySegment.ofAddress(target.address())
                                    .reinterpret(size)
                                    .asByteBuffer();
                    return fileSystem.read(
                            file.fh.longValue(),
                            offset,
                            (int) Math.min(size, Integer.MAX_VALUE),
                            new CopyingReply(buffer),
                            waiting());
                });
    }

    @Override
    public int release(String path, FuseFileInfo file) {
        fileSystem.release(file.fh.longValue());
        return 0;
    }

    @Override
    public int opendir(String path, FuseFileInfo file) {
        return answer(
                "opendir",
                () -> {
                    long node = tree.node(path);
                    long handle = fileSystem.openDirectory(node);
                    directories.put(handle, node);
                    file.fh.set(handle);
                    return 0;
                });
    }

    @Override
    public int readdir(
            String path, Pointer page, FuseFillDir filler, long offset, FuseFileInfo file) {
        return answer("readdir", () -> list(page, filler, offset, file.fh.longValue()));
    }

    private int list(Pointer page, FuseFillDir filler, long offset, long handle) {
        if ((offset < 1 && filler.apply(page, ".", null, 1) != 0)
                || (offset < DOT_DOT_OFFSET
                        && filler.apply(page, "..", null, DOT_DOT_OFFSET) != 0)) {
            return 0;
        }
        Long directory = directories.get(handle);
        if (directory == null) {
            return -Errno.EBADF;
        }
        boolean answered =
                fileSystem.readDirectory(
                        handle,
                        Math.max(offset - DOT_DOT_OFFSET, 0),
                        (name, next, listed) -> {
                            if (filler.apply(page, name, null, next + DOT_DOT_OFFSET) != 0) {
                                return false;
                            }
                            if (listed.entry() instanceof Entry.Present entry) {
                                tree.listed(directory, name, entry);
                            }
                            return true;
                        },
                        waiting());
        if (!answered) {
            throw new IllegalStateException("a listing that may wait did not");
        }
        return 0;
    }

    @Override
    public int releasedir(String path, FuseFileInfo file) {
        long handle = file.fh.longValue();
        directories.remove(handle);
        fileSystem.releaseDirectory(handle);
        return 0;
    }

    @Override
    public int statfs(String path, Statvfs answer) {
        return answer(
                "statfs",
                () -> {
                    Space space = fileSystem.space();
                    answer.f_bsize.set(BLOCK);
                    answer.f_frsize.set(BLOCK);
                    answer.f_blocks.set(space.totalBytes() / BLOCK);
                    answer.f_bfree.set(space.freeBytes() / BLOCK);
                    answer.f_bavail.set(space.freeBytes() / BLOCK);
                    answer.f_files.set(space.files());
                    answer.f_namemax.set(EntryName.MAX_BYTES);
                    return 0;
                });
    }

    @Override
    public int getxattr(String path, String name, Pointer target, long room) {
        return answer(
                "getxattr",
                () ->
                        fileSystem
                                .extendedAttribute(tree.node(path), name)
                                .map(value -> give(value, target, room))
                                .orElse(-Errno.ENODATA));
    }

    @Override
    public int listxattr(String path, Pointer target, long room) {
        return answer(
                "listxattr",
                () -> {
                    StringBuilder names = new StringBuilder();
                    fileSystem
                            .extendedAttributes(tree.node(path))
                            .forEach(name -> names.append(name).append('\0'));
                    return give(names.toString(), target, room);
                });
    }

    /** Without room, only the length is asked for. */
    private static int give(String value, Pointer target, long room) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (room == 0) {
            return bytes.length;
        }
        if (room < bytes.length) {
            return -Errno.ERANGE;
        }
        target.put(0, bytes, 0, bytes.length);
        return bytes.length;
    }

    private static Call waiting() {
        return Call.waiting(new Cancellation());
    }

    private static int answer(String operation, IntSupplier work) {
        try {
            return work.getAsInt();
        } catch (MillraceException e) {
            LOG.log(Level.DEBUG, () -> "event=fuse_request_failed operation=" + operation, e);
            return -FuseErrno.of(e.code());
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(Level.ERROR, "event=fuse_request_defect operation=" + operation, e);
            return -Errno.EIO;
        }
    }
}
