package io.millrace.agent.fuse.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.model.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The calls into libc, declared once here (a native image registers exactly these). Each answers
 * its result, or the negative errno.
 *
 * <p>Pointers are passed as numbers: no check of liveness on the hot path, so the caller keeps the
 * segment reachable during the call.
 */
final class Libc {

    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CLOEXEC = 0x80000;
    static final int O_PATH = 0x20_0000;
    static final long MS_RDONLY = 1;
    static final long MS_NOSUID = 2;
    static final long MS_NODEV = 4;
    private static final int MFD_CLOEXEC = 1;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_NLINK_AND_SIZE = 0x204;
    private static final int STATX_NLINK = 16;
    private static final int STATX_SIZE = 40;
    private static final int F_OFD_SETLK = 37;

    /** struct flock of 64-bit Linux, zeroed: a read lock on the whole file. */
    private static final int FLOCK_BYTES = 32;

    static final int MNT_FORCE = 1;
    static final int MNT_DETACH = 2;

    /** Where errno is caught, one for each thread or buffer in use. */
    static final MemoryLayout ERRNO = Linker.Option.captureStateLayout();

    private static final Linker.Option CATCH_ERRNO = Linker.Option.captureCallState("errno");

    private static final MethodHandle READ =
            declare("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle WRITE =
            declare("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle WRITEV =
            declare("writev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle OPEN =
            declare(
                    "open",
                    FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE =
            declare("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle MOUNT =
            declare(
                    "mount",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle UMOUNT2 =
            declare("umount2", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle STATFS =
            declare("statfs", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle IOCTL =
            declare(
                    "ioctl",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle FCNTL =
            declare(
                    "fcntl",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle STATX =
            declare(
                    "statx",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MEMFD_CREATE =
            declare("memfd_create", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle EXECV =
            declare("execv", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle GETEUID =
            Downcalls.link("geteuid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETEGID =
            Downcalls.link("getegid", FunctionDescriptor.of(JAVA_INT));

    private Libc() {}

    /** Blocks: only on a platform thread, or where it does not. */
    static long read(MemorySegment errno, int fd, long address, long bytes) {
        try {
            long result = (long) READ.invokeExact(errno, fd, address, bytes);
            return result < 0 ? -caught(errno) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long write(MemorySegment errno, int fd, long address, long bytes) {
        try {
            long result = (long) WRITE.invokeExact(errno, fd, address, bytes);
            return result < 0 ? -caught(errno) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** writev(2) of {@code count} parts, which lie as struct iovec at {@code vector}. */
    static long writeVector(MemorySegment errno, int fd, long vector, int count) {
        try {
            long result = (long) WRITEV.invokeExact(errno, fd, vector, count);
            return result < 0 ? -caught(errno) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int open(String path, int flags) {
        return open(Scratch.create(), path, flags);
    }

    static int open(Scratch scratch, String path, int flags) {
        try {
            int result = (int) OPEN.invokeExact(scratch.errno(), scratch.string(path), flags);
            return result < 0 ? -caught(scratch.errno()) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(int fd) {
        return close(Scratch.create(), fd);
    }

    static int close(Scratch scratch, int fd) {
        try {
            int result = (int) CLOSE.invokeExact(scratch.errno(), fd);
            return result < 0 ? -caught(scratch.errno()) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int mount(String source, String target, String type, long flags, String data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(ERRNO);
            int result =
                    (int)
                            MOUNT.invokeExact(
                                    errno,
                                    arena.allocateFrom(source).address(),
                                    arena.allocateFrom(target).address(),
                                    arena.allocateFrom(type).address(),
                                    flags,
                                    arena.allocateFrom(data).address());
            return result < 0 ? -caught(errno) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int unmount(String target, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(ERRNO);
            int result =
                    (int) UMOUNT2.invokeExact(errno, arena.allocateFrom(target).address(), flags);
            return result < 0 ? -caught(errno) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The type of the file system {@code path} lies on, by its magic number. */
    static long statfs(String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(ERRNO);
            MemorySegment answer = arena.allocate(256, 8);
            int result =
                    (int)
                            STATFS.invokeExact(
                                    errno, arena.allocateFrom(path).address(), answer.address());
            return result < 0 ? -caught(errno) : answer.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** ioctl(2) with the struct that lies in {@code scratch}. */
    static int ioctl(Scratch scratch, int fd, long request) {
        try {
            int result =
                    (int)
                            IOCTL.invokeExact(
                                    scratch.errno(), fd, request, scratch.struct().address());
            return result < 0 ? -caught(scratch.errno()) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Takes a read lock on the whole file, owned by the open file itself and so ended with it.
     *
     * @return 0; -EAGAIN: another process holds a write lock
     */
    static int lockForReading(Scratch scratch, int fd) {
        try {
            MemorySegment lock = scratch.cleared(FLOCK_BYTES);
            int result = (int) FCNTL.invokeExact(scratch.errno(), fd, F_OFD_SETLK, lock.address());
            return result < 0 ? -caught(scratch.errno()) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The size of an open file; -ENOENT when it has no name any more. */
    static long sizeOfNamed(Scratch scratch, int fd) {
        try {
            MemorySegment answer = scratch.struct();
            int result =
                    (int)
                            STATX.invokeExact(
                                    scratch.errno(),
                                    fd,
                                    scratch.string(""),
                                    AT_EMPTY_PATH,
                                    STATX_NLINK_AND_SIZE,
                                    answer.address());
            if (result < 0) {
                return -caught(scratch.errno());
            }
            return answer.get(JAVA_INT, STATX_NLINK) == 0
                    ? -Errno.ENOENT
                    : answer.get(JAVA_LONG, STATX_SIZE);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** An open file that lies in memory and has no name. */
    static int memoryFile(String label) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(ERRNO);
            int result =
                    (int)
                            MEMFD_CREATE.invokeExact(
                                    errno, arena.allocateFrom(label).address(), MFD_CLOEXEC);
            return result < 0 ? -caught(errno) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** execv(3) of {@code command}, whose first is the program; returns only when it fails. */
    static int execute(List<String> command) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(ERRNO);
            MemorySegment arguments = arena.allocate(JAVA_LONG, command.size() + 1L);
            for (int i = 0; i < command.size(); i++) {
                arguments.setAtIndex(JAVA_LONG, i, arena.allocateFrom(command.get(i)).address());
            }
            int result =
                    (int)
                            EXECV.invokeExact(
                                    errno, arguments.get(JAVA_LONG, 0), arguments.address());
            return result < 0 ? -caught(errno) : result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int effectiveUser() {
        try {
            return (int) GETEUID.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int effectiveGroup() {
        try {
            return (int) GETEGID.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int caught(MemorySegment errno) {
        return errno.get(JAVA_INT, 0);
    }

    private static MethodHandle declare(
            String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker.Option[] all = java.util.Arrays.copyOf(options, options.length + 1);
        all[options.length] = CATCH_ERRNO;
        return Downcalls.link(name, descriptor, all);
    }

    private static IllegalStateException unexpected(Throwable e) {
        return new IllegalStateException("a native call failed", e);
    }
}
