package io.millrace.agent.fuse.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.model.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The calls into libc that start a program with open files of this process and take an open file
 * from it, which {@link ProcessBuilder} cannot: it closes all but the standard streams.
 *
 * <p>As those of {@link Libc}, each answers its result or the negative errno, and a native image
 * registers exactly these.
 */
final class SpawnCalls {

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;

    /** What glibc (80) and musl (80) need for posix_spawn_file_actions_t, and more. */
    private static final int FILE_ACTIONS_BYTES = 512;

    /** struct msghdr of 64-bit Linux: where fields lie. */
    private static final int MSGHDR_BYTES = 56;

    private static final int MSG_IOV = 16;
    private static final int MSG_IOVLEN = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROLLEN = 40;

    /** struct cmsghdr {len u64, level s32, type s32}, then one descriptor, padded to 8. */
    private static final int CMSG_BYTES = 24;

    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;

    private static final Linker.Option CATCH_ERRNO = Linker.Option.captureCallState("errno");

    private static final MethodHandle SOCKETPAIR =
            Downcalls.link(
                    "socketpair",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
                    CATCH_ERRNO);
    private static final MethodHandle RECVMSG =
            Downcalls.link(
                    "recvmsg",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT),
                    CATCH_ERRNO);
    private static final MethodHandle WAITPID =
            Downcalls.link(
                    "waitpid",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT),
                    CATCH_ERRNO);
    private static final MethodHandle POSIX_SPAWN =
            Downcalls.link(
                    "posix_spawn",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                            JAVA_LONG));
    private static final MethodHandle FILE_ACTIONS_INIT =
            Downcalls.link(
                    "posix_spawn_file_actions_init", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    private static final MethodHandle FILE_ACTIONS_DUP2 =
            Downcalls.link(
                    "posix_spawn_file_actions_adddup2",
                    FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final MethodHandle FILE_ACTIONS_DESTROY =
            Downcalls.link(
                    "posix_spawn_file_actions_destroy", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));

    private SpawnCalls() {}

    /** An open file of this process and its number in the program that is started. */
    record Inherited(int fd, int as) {}

    /** Two connected Unix sockets. */
    record Pair(int ours, int theirs) {}

    /**
     * Two connected sockets, which programs do not inherit unless they are told to.
     *
     * @return null: there are no more descriptors
     */
    static @Nullable Pair socketPair() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(Libc.ERRNO);
            MemorySegment fds = arena.allocate(JAVA_INT, 2);
            int result =
                    (int)
                            SOCKETPAIR.invokeExact(
                                    errno, AF_UNIX, SOCK_STREAM_CLOEXEC, 0, fds.address());
            return result < 0
                    ? null
                    : new Pair(fds.getAtIndex(JAVA_INT, 0), fds.getAtIndex(JAVA_INT, 1));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Starts a program.
     *
     * @param arguments its path, and what follows it
     * @param environment all of it, as NAME=value
     * @return its process id, or the negative errno
     */
    static int spawn(List<String> arguments, List<String> environment, Inherited... inherited) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(FILE_ACTIONS_BYTES, 16);
            MemorySegment pid = arena.allocate(JAVA_INT);
            int result = (int) FILE_ACTIONS_INIT.invokeExact(actions.address());
            try {
                for (Inherited file : inherited) {
                    if (result == 0) {
                        result =
                                (int)
                                        FILE_ACTIONS_DUP2.invokeExact(
                                                actions.address(), file.fd(), file.as());
                    }
                }
                if (result == 0) {
                    result =
                            (int)
                                    POSIX_SPAWN.invokeExact(
                                            pid.address(),
                                            arena.allocateFrom(arguments.getFirst()).address(),
                                            actions.address(),
                                            0L,
                                            strings(arena, arguments),
                                            strings(arena, environment));
                }
                return result == 0 ? pid.get(JAVA_INT, 0) : -result;
            } finally {
                int _ = (int) FILE_ACTIONS_DESTROY.invokeExact(actions.address());
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Waits until a program of {@link #spawn} ends.
     *
     * @return its exit code, 128 + n when signal n ended it, or the negative errno
     */
    static int await(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(Libc.ERRNO);
            MemorySegment status = arena.allocate(JAVA_INT);
            while (true) {
                int result = (int) WAITPID.invokeExact(errno, pid, status.address(), 0);
                if (result == pid) {
                    int word = status.get(JAVA_INT, 0);
                    int signal = word & 0x7f;
                    return signal == 0 ? (word >> 8) & 0xff : 128 + signal;
                }
                if (errno.get(JAVA_INT, 0) != Errno.EINTR) {
                    return -errno.get(JAVA_INT, 0);
                }
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Waits for an open file that is sent through {@code socket} (SCM_RIGHTS, unix(7)).
     *
     * @return its number here; -EBADF: the other end was closed, or sent something else
     */
    static int receiveFile(int socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(Libc.ERRNO);
            MemorySegment data = arena.allocate(8, 8);
            MemorySegment vector = arena.allocate(ADDRESS, 2);
            vector.setAtIndex(JAVA_LONG, 0, data.address());
            vector.setAtIndex(JAVA_LONG, 1, 1);
            MemorySegment control = arena.allocate(CMSG_BYTES, 8);
            MemorySegment message = arena.allocate(MSGHDR_BYTES, 8);
            message.set(JAVA_LONG, MSG_IOV, vector.address());
            message.set(JAVA_LONG, MSG_IOVLEN, 1);
            long result;
            do {
                message.set(JAVA_LONG, MSG_CONTROL, control.address());
                message.set(JAVA_LONG, MSG_CONTROLLEN, CMSG_BYTES);
                result =
                        (long)
                                RECVMSG.invokeExact(
                                        errno, socket, message.address(), MSG_CMSG_CLOEXEC);
            } while (result < 0 && errno.get(JAVA_INT, 0) == Errno.EINTR);
            if (result < 0) {
                return -errno.get(JAVA_INT, 0);
            }
            boolean sent =
                    message.get(JAVA_LONG, MSG_CONTROLLEN) >= CMSG_DATA + Integer.BYTES
                            && control.get(JAVA_INT, CMSG_LEVEL) == SOL_SOCKET
                            && control.get(JAVA_INT, CMSG_TYPE) == SCM_RIGHTS;
            return sent ? control.get(JAVA_INT, CMSG_DATA) : -Errno.EBADF;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** An array of C strings that ends with a null pointer. */
    private static long strings(Arena arena, List<String> values) {
        MemorySegment array = arena.allocate(ADDRESS, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            array.setAtIndex(JAVA_LONG, i, arena.allocateFrom(values.get(i)).address());
        }
        return array.address();
    }

    private static IllegalStateException unexpected(Throwable e) {
        return new IllegalStateException("a native call failed", e);
    }
}
