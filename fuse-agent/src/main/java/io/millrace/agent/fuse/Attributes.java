package io.millrace.agent.fuse;

/**
 * What stat(2) shows of a node.
 *
 * @param inode the number users see; not the node id
 * @param kind file or directory
 * @param length in bytes
 * @param modifiedMillis since the epoch
 * @param permissions the lower 9 bits of the mode
 * @param uid owner
 * @param gid group
 */
public record Attributes(
        long inode,
        Kind kind,
        long length,
        long modifiedMillis,
        int permissions,
        int uid,
        int gid) {

    /** What a node is. */
    public enum Kind {
        FILE(0x8000, 8),
        DIRECTORY(0x4000, 4);

        private final int modeBits;
        private final int entryType;

        Kind(int modeBits, int entryType) {
            this.modeBits = modeBits;
            this.entryType = entryType;
        }

        /** S_IFREG or S_IFDIR. */
        public int modeBits() {
            return modeBits;
        }

        /** DT_REG or DT_DIR. */
        public int entryType() {
            return entryType;
        }
    }

    /** The mode as stat(2) shows it: type and permissions. */
    public int mode() {
        return kind.modeBits() | permissions;
    }
}
