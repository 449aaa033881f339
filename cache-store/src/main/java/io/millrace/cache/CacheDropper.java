package io.millrace.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes files out of the cache.
 *
 * <p>An agent on this host may have handed a complete file to the kernel. It holds a read lock on
 * it as long as the kernel does, and takes it only while the file has a name. So after a file was
 * unlinked a lock on it tells that its space is not free yet: its bytes stay in the budget until
 * the lock is gone. A file that is held is not evicted: that would free nothing now.
 */
final class CacheDropper {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final CacheIndex index;
    private final Consumer<CacheEntry> release;
    private volatile boolean ended;

    /**
     * @param release gives a reference of an entry back
     */
    CacheDropper(CacheIndex index, Consumer<CacheEntry> release) {
        this.index = index;
        this.release = release;
    }

    /** Drops a file to make room; false: it is used, held or gone. */
    boolean evict(CacheEntry entry) throws IOException {
        return drop(entry, CacheIndex.Users.NONE, CacheIndex.Gone.EVICTED);
    }

    /** Drops a file; false: more use it than may, or it is gone. */
    boolean drop(CacheEntry entry, CacheIndex.Users users) throws IOException {
        return drop(entry, users, CacheIndex.Gone.OTHERWISE);
    }

    private boolean drop(CacheEntry entry, CacheIndex.Users users, CacheIndex.Gone gone)
            throws IOException {
        entry.files.lock();
        FileChannel complete = null;
        try {
            complete =
                    entry.kind == CacheEntry.Kind.COMPLETE
                            ? open(entry.tier().layout().complete(entry.version))
                            : null;
            if (gone == CacheIndex.Gone.EVICTED && complete != null && isHeld(complete)) {
                index.touch(entry);
                return false;
            }
            if (!index.markDropped(entry, users)) {
                return false;
            }
            try {
                entry.unlink(entry.tier().layout());
            } catch (IOException e) {
                index.leftBehind();
                throw e;
            } finally {
                if (complete != null && seemsHeld(complete)) {
                    index.hold(entry);
                    watch(entry, complete);
                    complete = null;
                }
                index.remove(entry, gone);
            }
            if (index.isUnused(entry)) {
                entry.closeFiles();
            }
            return true;
        } finally {
            index.fold(entry);
            entry.files.unlock();
            CacheReaders.closeQuietly(complete);
        }
    }

    /** Whether the kernel holds a complete file for a reader on this host. */
    boolean isHeld(CacheEntry entry) throws IOException {
        try (FileChannel complete = open(entry.tier().layout().complete(entry.version))) {
            return complete != null && isHeld(complete);
        }
    }

    /** Drops an entry whose disk has failed; the disk is not asked for anything more. */
    void forget(CacheEntry entry) {
        entry.files.lock();
        try {
            if (index.markDropped(entry, CacheIndex.Users.ANY)) {
                index.remove(entry, CacheIndex.Gone.OTHERWISE);
                if (index.isUnused(entry)) {
                    entry.closeFiles();
                }
            }
        } finally {
            entry.files.unlock();
        }
    }

    private void watch(CacheEntry entry, FileChannel complete) {
        Thread.ofVirtual()
                .name("cache-held-" + entry.version)
                .start(() -> {
                    try (complete) {
                        while (!ended && isHeld(complete)) {
                            Thread.sleep(LOOK_AGAIN);
                        }
                    } catch (IOException | InterruptedException e) {
                        // Its bytes count as free then: the disk's own free space is watched too.
                    }
                    release.accept(entry);
                });
    }

    private static @Nullable FileChannel open(Path file) throws IOException {
        try {
            return FileChannel.open(file, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static boolean isHeld(FileChannel file) throws IOException {
        try (FileLock lock = file.tryLock()) {
            return lock == null;
        }
    }

    /**
     * As {@link #isHeld}, of a file that is unlinked already: where the disk cannot tell, its entry
     * must go all the same.
     */
    private static boolean seemsHeld(FileChannel file) {
        try {
            return isHeld(file);
        } catch (IOException e) {
            return false;
        }
    }

    /** Looks no more: the store is closed. */
    void end() {
        ended = true;
    }
}
