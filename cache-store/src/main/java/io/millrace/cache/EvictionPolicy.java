package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Which files go first when room is needed. Does no I/O; its caller holds a lock around each call.
 */
public interface EvictionPolicy {

    /** A file has become resident, in part or whole. Again for one that is known: no effect. */
    void admit(FileVersion file);

    /** A file was found on disk at the start: used longer ago than any that was admitted. */
    void restore(FileVersion file);

    /** A file was read. Unknown files are ignored. */
    void access(FileVersion file);

    /** A file is gone. */
    void remove(FileVersion file);

    /**
     * Files to drop, best first, that together free {@code bytes}; fewer when there are no more.
     *
     * @param evictable bytes that dropping a file frees now; 0: it cannot be dropped
     */
    List<FileVersion> victims(long bytes, ToLongFunction<FileVersion> evictable);

    /** Least recently used first. */
    static EvictionPolicy lru() {
        return new LruEviction();
    }
}
