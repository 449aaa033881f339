package io.millrace.cache;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Starts the writing of a file to disk, and does not wait for it: sync_file_range(2).
 *
 * <p>A hint, and no promise: whoever needs the bytes on disk syncs each file afterwards. Started
 * for a group of new files before the first is synced, it has the file system find room for all of
 * them in one transaction of its journal, so that the first sync commits that and the others only
 * wait for their data. Where there is no such call (not Linux), nothing is started.
 */
final class Writeback {

    private static final Logger LOG = System.getLogger(Writeback.class.getName());
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int SYNC_FILE_RANGE_WRITE = 2;

    private record Calls(MethodHandle open, MethodHandle range, MethodHandle close) {}

    private static final @Nullable Calls CALLS = link();

    private Writeback() {}

    private static @Nullable Calls link() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return null;
        }
        try {
            return new Calls(
                    handle(
                            "open",
                            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT),
                            Linker.Option.firstVariadicArg(2)),
                    handle(
                            "sync_file_range",
                            FunctionDescriptor.of(
                                    JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT)),
                    handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)));
        } catch (RuntimeException e) {
            LOG.log(Level.INFO, "files are synced one by one: {0}", e.getMessage());
            return null;
        }
    }

    private static MethodHandle handle(
            String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
    }

    /** Starts it, if it can be. */
    static void start(Path file) {
        Calls calls = CALLS;
        if (calls == null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(file.toString()).address();
            int descriptor = (int) calls.open().invokeExact(name, O_RDONLY_CLOEXEC);
            if (descriptor >= 0) {
                int ignored =
                        (int) calls.range().invokeExact(descriptor, 0L, 0L, SYNC_FILE_RANGE_WRITE);
                ignored = (int) calls.close().invokeExact(descriptor);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a native call threw", e);
        }
    }
}
