package io.millrace.agent.fuse;

import java.nio.file.Path;

/**
 * How to mount.
 *
 * @param mountPoint an existing directory
 * @param source shown as the device in /proc/mounts
 * @param access who may use it
 * @param occupied what to do with a mount point that is not empty
 * @param readers threads that take requests, 1 to 64
 * @param waitingReads reads that may wait for remote answers at once, each holding 1 MiB, 1 to
 *     1,024; more wait without a buffer
 * @param readAheadBytes how far the kernel reads ahead, 0 to 64 MiB; needs root
 * @param readPolicy how bytes come to readers
 * @param backing what kind of file system the files of {@link FuseFileSystem#backingFiles} lie on
 */
public record FuseOptions(
        Path mountPoint,
        String source,
        Access access,
        Occupied occupied,
        int readers,
        int waitingReads,
        long readAheadBytes,
        ReadPolicy readPolicy,
        Backing backing) {

    /** What a backing file may lie on. */
    public enum Backing {
        /** File systems on disks or in memory. */
        PLAIN,
        /** Also overlayfs, as the root of a container: the mount itself then cannot be stacked. */
        STACKED
    }

    /** Who may use the mount. */
    public enum Access {
        /** Every user, as permissions say. */
        ALL_USERS,
        /** Only the user who mounts. */
        OWNER
    }

    /** What to do with a mount point that is not empty. */
    public enum Occupied {
        REFUSE,
        HIDE_CONTENT
    }

    /**
     * Defaults: everyone, 4 to 16 readers by cores, 64 MiB of waiting reads, 4 MiB read-ahead,
     * AUTO.
     */
    public static FuseOptions at(Path mountPoint) {
        int cores = Runtime.getRuntime().availableProcessors();
        return new FuseOptions(
                mountPoint,
                "millrace",
                Access.ALL_USERS,
                Occupied.REFUSE,
                Math.clamp(2L * cores, 4, 16),
                64,
                4L << 20,
                ReadPolicy.AUTO,
                Backing.PLAIN);
    }

    public FuseOptions with(Backing other) {
        return new FuseOptions(
                mountPoint,
                source,
                access,
                occupied,
                readers,
                waitingReads,
                readAheadBytes,
                readPolicy,
                other);
    }

    public FuseOptions with(ReadPolicy policy) {
        return new FuseOptions(
                mountPoint,
                source,
                access,
                occupied,
                readers,
                waitingReads,
                readAheadBytes,
                policy,
                backing);
    }
}
