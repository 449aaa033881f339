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
 * Brings everything that was written to a file system onto its disk, in one call: syncfs(2).
 *
 * <p>For many small files that is a fraction of the work of one fsync each, since the file system's
 * journal is committed once. It is also the work of whoever else writes to that file system; how
 * long it takes is for the caller to watch. An error says that something could not be written, and
 * not what: the caller then syncs each file, which says it for each.
 *
 * <p>The descriptor stays open, since the kernel tells of errors from its opening on. For one
 * thread at a time.
 */
final class FileSystemSync implements AutoCloseable {

    private static final Logger LOG = System.getLogger(FileSystemSync.class.getName());
    private static final int O_RDONLY_DIRECTORY_CLOEXEC = 0x90000;

    private record Calls(MethodHandle open, MethodHandle syncfs, MethodHandle close) {}

    private static final @Nullable Calls CALLS = link();

    private int descriptor;

    private FileSystemSync(int descriptor) {
        this.descriptor = descriptor;
    }

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
                    handle("syncfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
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

    /**
     * Of the file system a directory lies on. Where there is no such call (not Linux), or the
     * directory cannot be opened, {@link #sync} never succeeds.
     */
    static FileSystemSync of(Path directory) {
        Calls calls = CALLS;
        if (calls == null) {
            return new FileSystemSync(-1);
        }
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(directory.toString()).address();
            return new FileSystemSync(
                    (int) calls.open().invokeExact(name, O_RDONLY_DIRECTORY_CLOEXEC));
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /** True: all that was written before the call is on disk. False: nothing is known. */
    boolean sync() {
        Calls calls = CALLS;
        if (calls == null || descriptor < 0) {
            return false;
        }
        try {
            return (int) calls.syncfs().invokeExact(descriptor) == 0;
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    @Override
    public void close() {
        Calls calls = CALLS;
        int open = descriptor;
        descriptor = -1;
        if (calls != null && open >= 0) {
            try {
                int _ = (int) calls.close().invokeExact(open);
            } catch (Throwable e) {
                throw thrown(e);
            }
        }
    }

    private static RuntimeException thrown(Throwable e) {
        return switch (e) {
            case RuntimeException unchecked -> throw unchecked;
            case Error error -> throw error;
            default -> new IllegalStateException("a native call threw", e);
        };
    }
}
