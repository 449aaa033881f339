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

    /** A builder that starts from these. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Options in the making; what is not said stays as it was. */
    public static final class Builder {

        private final Path mountPoint;
        private String source;
        private Access access;
        private Occupied occupied;
        private int readers;
        private int waitingReads;
        private long readAheadBytes;
        private ReadPolicy readPolicy;
        private Backing backing;

        private Builder(FuseOptions from) {
            mountPoint = from.mountPoint;
            source = from.source;
            access = from.access;
            occupied = from.occupied;
            readers = from.readers;
            waitingReads = from.waitingReads;
            readAheadBytes = from.readAheadBytes;
            readPolicy = from.readPolicy;
            backing = from.backing;
        }

        public Builder source(String shown) {
            source = shown;
            return this;
        }

        public Builder access(Access allowed) {
            access = allowed;
            return this;
        }

        public Builder occupied(Occupied action) {
            occupied = action;
            return this;
        }

        public Builder readers(int threads) {
            readers = threads;
            return this;
        }

        public Builder waitingReads(int atOnce) {
            waitingReads = atOnce;
            return this;
        }

        public Builder readAheadBytes(long bytes) {
            readAheadBytes = bytes;
            return this;
        }

        public Builder readPolicy(ReadPolicy policy) {
            readPolicy = policy;
            return this;
        }

        public Builder backing(Backing kind) {
            backing = kind;
            return this;
        }

        public FuseOptions build() {
            return new FuseOptions(
                    mountPoint,
                    source,
                    access,
                    occupied,
                    readers,
                    waitingReads,
                    readAheadBytes,
                    readPolicy,
                    backing);
        }
    }
}
