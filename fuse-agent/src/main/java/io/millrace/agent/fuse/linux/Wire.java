package io.millrace.agent.fuse.linux;

/** Numbers of the FUSE protocol: opcodes, flags, and where fields lie. */
final class Wire {

    static final int MAJOR = 7;

    /** What we answer; the kernel takes 23 to 99. */
    static final int MINOR = 40;

    static final int LOOKUP = 1;
    static final int FORGET = 2;
    static final int GETATTR = 3;
    static final int SETATTR = 4;
    static final int READLINK = 5;
    static final int SYMLINK = 6;
    static final int MKNOD = 8;
    static final int MKDIR = 9;
    static final int UNLINK = 10;
    static final int RMDIR = 11;
    static final int RENAME = 12;
    static final int LINK = 13;
    static final int OPEN = 14;
    static final int READ = 15;
    static final int WRITE = 16;
    static final int STATFS = 17;
    static final int RELEASE = 18;
    static final int SETXATTR = 21;
    static final int GETXATTR = 22;
    static final int LISTXATTR = 23;
    static final int REMOVEXATTR = 24;
    static final int INIT = 26;
    static final int OPENDIR = 27;
    static final int READDIR = 28;
    static final int RELEASEDIR = 29;
    static final int CREATE = 35;
    static final int INTERRUPT = 36;
    static final int DESTROY = 38;
    static final int NOTIFY_REPLY = 41;
    static final int BATCH_FORGET = 42;
    static final int FALLOCATE = 43;
    static final int READDIRPLUS = 44;
    static final int RENAME2 = 45;
    static final int COPY_FILE_RANGE = 47;
    static final int TMPFILE = 51;

    static final int NOTIFY_INVAL_INODE = 2;
    static final int NOTIFY_INVAL_ENTRY = 3;

    /** Requests that were read and not answered are given out again; kernel 6.9 on. */
    static final int NOTIFY_RESEND = 7;

    /** Every dentry is asked again; kernel 6.16 on (7.44). */
    static final int NOTIFY_INC_EPOCH = 8;

    /** Nodes that nobody uses are forgotten; kernel 6.18 on (7.45). */
    static final int NOTIFY_PRUNE = 9;

    static final int FLAG_ASYNC_READ = 1;
    static final int FLAG_DO_READDIRPLUS = 1 << 13;
    static final int FLAG_PARALLEL_DIROPS = 1 << 18;
    static final int FLAG_MAX_PAGES = 1 << 22;

    /** There is a second word of flags. */
    static final int FLAG_INIT_EXT = 1 << 30;

    /** In the second word: files may have a backing file (bit 37 of all). */
    static final int FLAG2_PASSTHROUGH = 1 << (37 - 32);

    /** In the second word: files past the page cache may be mapped (bit 36 of all). */
    static final int FLAG2_DIRECT_IO_ALLOW_MMAP = 1 << (36 - 32);

    /** In the second word: a request that is given out again says so (bit 39 of all). */
    static final int FLAG2_HAS_RESEND = 1 << (39 - 32);

    static final int OPEN_DIRECT_IO = 1;
    static final int OPEN_KEEP_CACHE = 1 << 1;

    /** Listings go to the directory's pages, and are read from there. */
    static final int OPEN_CACHE_DIRECTORY = 1 << 3;

    static final int OPEN_NOFLUSH = 1 << 5;
    static final int OPEN_PASSTHROUGH = 1 << 7;

    /** ioctl numbers of /dev/fuse; the same on x86-64 and aarch64. */
    static final long IOC_BACKING_OPEN = 0x4010_E501L;

    static final long IOC_BACKING_CLOSE = 0x4004_E502L;

    /** Bytes of a fuse_backing_map: fd s32, then zeroes. */
    static final int BACKING_MAP = 16;

    /** fuse_in_header: len u32, opcode u32, unique u64, nodeid u64, uid, gid, pid u32, 4 more. */
    static final int IN_HEADER = 40;

    static final int IN_OPCODE = 4;
    static final int IN_UNIQUE = 8;
    static final int IN_NODE = 16;
    static final int IN_THREAD = 32;

    /** fuse_out_header: len u32, error s32, unique u64. */
    static final int OUT_HEADER = 16;

    static final int ENTRY_OUT = 128;
    static final int ATTR_OUT = 104;
    static final int OPEN_OUT = 16;
    static final int STATFS_OUT = 80;
    static final int INIT_OUT = 64;
    static final int GETXATTR_OUT = 8;

    /** Where fuse_attr lies in fuse_entry_out and in fuse_attr_out. */
    static final int ENTRY_ATTR = 40;

    static final int ATTR_ATTR = 16;

    /** fuse_dirent before its name: ino u64, off u64, namelen u32, type u32. */
    static final int DIRENT = 24;

    /** Of READ replies; also given as mount option max_read. */
    static final int MAX_READ = 1 << 20;

    /** The least the kernel takes: a read-only mount gets no writes. */
    static final int MAX_WRITE = 4096;

    /** The least a read of /dev/fuse must offer (FUSE_MIN_READ_BUFFER). */
    static final int REQUEST_BYTES = 8192;

    /** For messages. */
    static String nameOf(int opcode) {
        return switch (opcode) {
            case LOOKUP -> "lookup";
            case GETATTR -> "getattr";
            case OPEN -> "open";
            case READ -> "read";
            case RELEASE -> "release";
            case OPENDIR -> "opendir";
            case READDIR, READDIRPLUS -> "readdir";
            case STATFS -> "statfs";
            default -> "opcode-" + opcode;
        };
    }

    private Wire() {}
}
