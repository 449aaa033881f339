package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseFileSystem;
import java.util.concurrent.ConcurrentHashMap;

/** Open directories. Those of an agent before this one are opened again when they are read. */
final class DirectoryHandles {

    private final FuseFileSystem fileSystem;
    private final Handles handles;
    private final ConcurrentHashMap<Long, Long> reopened = new ConcurrentHashMap<>();

    DirectoryHandles(FuseFileSystem fileSystem, Handles handles) {
        this.fileSystem = fileSystem;
        this.handles = handles;
    }

    /** Opens {@code node}; the handle is for the kernel. */
    long open(long node) {
        return handles.mark(fileSystem.openDirectory(node));
    }

    /** The file system's handle behind the kernel's. */
    long of(long node, long handle) {
        return handles.isOwn(handle)
                ? handles.unmark(handle)
                : reopened.computeIfAbsent(handle, _ -> fileSystem.openDirectory(node));
    }

    void release(long handle) {
        if (handles.isOwn(handle)) {
            fileSystem.releaseDirectory(handles.unmark(handle));
            return;
        }
        Long again = reopened.remove(handle);
        if (again != null) {
            fileSystem.releaseDirectory(again);
        }
    }
}
