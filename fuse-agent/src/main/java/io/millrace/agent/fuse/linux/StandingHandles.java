package io.millrace.agent.fuse.linux;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.agent.fuse.FuseFileSystem;

/**
 * Open files of a mount whose kernel tells neither of open nor of close: those that were read last
 * stay open.
 */
final class StandingHandles {

    private static final int LIMIT = 4096;

    private final FuseFileSystem fileSystem;
    private final Cache<Long, Standing> byNode =
            Caffeine.newBuilder()
                    .maximumSize(LIMIT)
                    .executor(Runnable::run)
                    .<Long, Standing>removalListener((_, standing, _) -> {
                        if (standing != null) {
                            standing.leave();
                        }
                    })
                    .build();

    StandingHandles(FuseFileSystem fileSystem) {
        this.fileSystem = fileSystem;
    }

    /** A handle in use; its file is closed once it is left as often as it was entered. */
    final class Standing {

        final long handle;
        private int users = 1;

        private Standing(long handle) {
            this.handle = handle;
        }

        private synchronized boolean enter() {
            if (users == 0) {
                return false;
            }
            users++;
            return true;
        }

        void leave() {
            synchronized (this) {
                users--;
                if (users > 0) {
                    return;
                }
            }
            fileSystem.release(handle);
        }
    }

    /** The open file of {@code node}, opened if it is not. Leave it after use. */
    Standing enter(long node) {
        while (true) {
            Standing standing = byNode.get(node, opened -> new Standing(fileSystem.open(opened)));
            if (standing.enter()) {
                return standing;
            }
            // It was put out between the two calls, and is closed.
            byNode.asMap().remove(node, standing);
        }
    }

    void forget(long node) {
        byNode.invalidate(node);
    }

    void end() {
        byNode.invalidateAll();
    }
}
