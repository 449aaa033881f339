package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Call;
import io.millrace.agent.fuse.Entry;
import io.millrace.agent.fuse.FuseErrno;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.Space;
import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads requests into {@link Operation}s on the file system. */
final class Protocol {

    private static final Logger LOG = System.getLogger(Protocol.class.getName());

    /** Entries of a directory start behind {@code .} (cookie 1) and {@code ..} (cookie 2). */
    private static final long DOT_DOT_COOKIE = 2;

    /** Kernel limit of background requests before it makes readers wait. */
    private static final int MAX_BACKGROUND = 64;

    private static final int WANTED =
            Wire.FLAG_ASYNC_READ
                    | Wire.FLAG_DO_READDIRPLUS
                    | Wire.FLAG_PARALLEL_DIROPS
                    | Wire.FLAG_MAX_PAGES
                    | Wire.FLAG_INIT_EXT;

    private final FuseFileSystem fileSystem;
    private final Opens opens;
    private final DirectoryHandles directories;
    private final FuseOptions options;
    private final int moreFlags2;
    private final FailureLog failures = new FailureLog();

    /**
     * @param moreFlags2 of the second word of INIT flags, beside what {@code opens} asks for
     */
    Protocol(
            FuseFileSystem fileSystem,
            Opens opens,
            DirectoryHandles directories,
            FuseOptions options,
            int moreFlags2) {
        this.fileSystem = fileSystem;
        this.opens = opens;
        this.directories = directories;
        this.options = options;
        this.moreFlags2 = moreFlags2;
    }

    /** Whether answers to {@code opcode} need a body of up to 1 MiB. */
    static boolean hasLargeAnswer(int opcode) {
        return opcode == Wire.READ || opcode == Wire.READDIRPLUS || opcode == Wire.READDIR;
    }

    /** Whether the kernel waits for an answer to {@code opcode}. */
    static boolean isAnswered(int opcode) {
        return switch (opcode) {
            case Wire.FORGET, Wire.BATCH_FORGET, Wire.INTERRUPT, Wire.NOTIFY_REPLY -> false;
            default -> true;
        };
    }

    /**
     * The operation {@code in} asks for; null: there is nothing to answer. Takes from {@code in}
     * all it needs. INIT and INTERRUPT are not for here.
     *
     * @throws MalformedRequest before anything is done
     */
    @Nullable Operation decode(RequestBuffer in) {
        long node = in.node();
        return switch (in.opcode()) {
            case Wire.LOOKUP -> lookup(node, in.nameAt(0));
            case Wire.FORGET -> {
                forget(node, in.longAt(0));
                yield null;
            }
            case Wire.BATCH_FORGET -> {
                forgetAll(in);
                yield null;
            }
            case Wire.GETATTR -> attributes(node);
            case Wire.OPEN -> (out, call) -> opens.open(out, node);
            case Wire.OPENDIR -> (out, call) -> openDirectory(out, node);
            case Wire.READ -> read(node, in.longAt(0), in.longAt(8), in.intAt(16));
            case Wire.READDIR ->
                    list(node, in.longAt(0), in.longAt(8), in.intAt(16), DirectoryPage.Form.NAMES);
            case Wire.READDIRPLUS ->
                    list(
                            node,
                            in.longAt(0),
                            in.longAt(8),
                            in.intAt(16),
                            DirectoryPage.Form.NAMES_AND_ENTRIES);
            case Wire.RELEASEDIR -> releaseDirectory(in.longAt(0));
            case Wire.GETXATTR -> extendedAttribute(node, in.intAt(0), in.nameAt(8));
            case Wire.LISTXATTR -> extendedAttributes(node, in.intAt(0));
            case Wire.STATFS -> this::space;
            case Wire.DESTROY -> (out, call) -> 0;
            case Wire.NOTIFY_REPLY -> null;
            case Wire.READLINK -> failing(Errno.EINVAL);
            case Wire.SETATTR,
                    Wire.SYMLINK,
                    Wire.MKNOD,
                    Wire.MKDIR,
                    Wire.UNLINK,
                    Wire.RMDIR,
                    Wire.RENAME,
                    Wire.RENAME2,
                    Wire.LINK,
                    Wire.WRITE,
                    Wire.SETXATTR,
                    Wire.REMOVEXATTR,
                    Wire.CREATE,
                    Wire.FALLOCATE,
                    Wire.COPY_FILE_RANGE,
                    Wire.TMPFILE ->
                    failing(Errno.EROFS);
            // ACCESS, FLUSH, FSYNC and what is newer: the kernel remembers
            // ENOSYS and does not ask again.
            default -> failing(Errno.ENOSYS);
        };
    }

    /** Runs {@code operation}; its failure is its errno. */
    int run(int opcode, Operation operation, ReplyBuffer out, Call call) {
        out.reset();
        try {
            return operation.run(out, call);
        } catch (MillraceException e) {
            int errno = FuseErrno.of(e.code());
            failures.failed(Wire.nameOf(opcode), errno, e);
            return -errno;
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(Level.ERROR, "event=fuse_request_defect operation=" + Wire.nameOf(opcode), e);
            return -Errno.EIO;
        }
    }

    /** Takes back what the reply in {@code out} would have given: lookups, an open file. */
    void takeBack(ReplyBuffer out) {
        out.giveBackLent();
        for (long node : out.given()) {
            fileSystem.forget(node, 1);
        }
        ReplyBuffer.Opened opened = out.opened();
        if (opened != null) {
            opens.release(opened.node(), opened.handle(), out.scratch());
        }
        out.reset();
    }

    /** Does what RELEASE asks for. It cannot fail, and is answered before: see OpenJournal. */
    void release(long node, long handle, Scratch scratch) {
        opens.release(node, handle, scratch);
    }

    /** What is agreed to of the second word of flags that the INIT in {@code in} offers. */
    int flags2(RequestBuffer in) {
        boolean extended = (in.intAt(12) & Wire.FLAG_INIT_EXT) != 0;
        int offered = in.intAt(16);
        return extended ? opens.flags2(offered) | (offered & moreFlags2) : 0;
    }

    /**
     * Answers INIT: {@code in} offers, the reply says what is used.
     *
     * @param flags2 as {@link #flags2} gave it
     */
    int initialize(RequestBuffer in, int flags2, ReplyBuffer out) {
        if (in.intAt(0) != Wire.MAJOR) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the kernel speaks FUSE protocol " + in.intAt(0) + ", not " + Wire.MAJOR);
        }
        int offeredReadAhead = in.intAt(8);
        out.clear(0, Wire.INIT_OUT);
        out.putInt(0, Wire.MAJOR);
        out.putInt(4, Wire.MINOR);
        out.putInt(
                8,
                (int) Math.max(options.readAheadBytes(), Integer.toUnsignedLong(offeredReadAhead)));
        out.putInt(12, in.intAt(12) & WANTED);
        out.putInt(32, flags2);
        out.putInt(36, options.backing() == FuseOptions.Backing.STACKED ? 2 : 1);
        out.putShort(16, MAX_BACKGROUND);
        out.putShort(18, MAX_BACKGROUND * 3 / 4);
        out.putInt(20, Wire.MAX_WRITE);
        out.putInt(24, 1);
        out.putShort(28, Wire.MAX_READ / 4096);
        return Wire.INIT_OUT;
    }

    private void forgetAll(RequestBuffer in) {
        long count = Integer.toUnsignedLong(in.intAt(0));
        if (8 + 16 * count > in.bodyBytes()) {
            throw new MalformedRequest(
                    "a request to forget " + count + " nodes does not hold them");
        }
        for (int i = 0; i < count; i++) {
            forget(in.longAt(8 + 16 * i), in.longAt(16 + 16 * i));
        }
    }

    private void forget(long node, long lookups) {
        opens.forget(node);
        fileSystem.forget(node, lookups);
    }

    private Operation lookup(long parent, @Nullable String name) {
        if (name == null) {
            return failing(Errno.ENOENT);
        }
        return (out, call) -> {
            Entry entry = fileSystem.lookup(parent, name, call);
            if (entry == null) {
                return Operation.WOULD_BLOCK;
            }
            if (entry instanceof Entry.Absent absent && absent.validMillis() == 0) {
                return -Errno.ENOENT;
            }
            out.putEntry(0, entry);
            return Wire.ENTRY_OUT;
        };
    }

    private Operation attributes(long node) {
        return (out, call) -> {
            out.putAttributesAnswer(
                    fileSystem.attributes(node), fileSystem.attributesValidMillis(node));
            return Wire.ATTR_OUT;
        };
    }

    /** The kernel drops the listing it has unless it is told to keep it. */
    private int openDirectory(ReplyBuffer out, long node) {
        int kept = fileSystem.keepsListing(node) ? Wire.OPEN_KEEP_CACHE : 0;
        out.clear(0, Wire.OPEN_OUT);
        out.putLong(0, directories.open(node));
        out.putInt(8, Wire.OPEN_CACHE_DIRECTORY | kept);
        return Wire.OPEN_OUT;
    }

    private Operation read(long node, long handle, long offset, int size) {
        return (out, call) -> opens.read(node, handle, offset, size, out, call);
    }

    private Operation list(long node, long handle, long cookie, int size, DirectoryPage.Form form) {
        return (out, call) -> {
            DirectoryPage page = new DirectoryPage(out, Math.min(size, out.capacity()), form);
            if (cookie == 0 && !page.addDot(".", 1)) {
                return -Errno.EINVAL;
            }
            if (cookie < DOT_DOT_COOKIE && !page.addDot("..", DOT_DOT_COOKIE)) {
                return page.bytes() == 0 ? -Errno.EINVAL : page.bytes();
            }
            boolean answered =
                    fileSystem.readDirectory(
                            directories.of(node, handle),
                            Math.max(cookie - DOT_DOT_COOKIE, 0),
                            (name, next, listed) -> page.add(name, next + DOT_DOT_COOKIE, listed),
                            call);
            if (!answered) {
                takeBack(out);
                return Operation.WOULD_BLOCK;
            }
            return page.bytes();
        };
    }

    private Operation releaseDirectory(long handle) {
        return (out, call) -> {
            directories.release(handle);
            return 0;
        };
    }

    /**
     * Names outside {@code user.} are not supported at all, rather than absent: ls(1) and the
     * kernel then stop to ask for access control lists and the like, file by file.
     */
    private Operation extendedAttribute(long node, int room, @Nullable String name) {
        if (name == null || !name.startsWith("user.")) {
            return failing(Errno.EOPNOTSUPP);
        }
        return (out, call) -> {
            Optional<String> value = fileSystem.extendedAttribute(node, name);
            return value.isEmpty() ? -Errno.ENODATA : sized(out, room, value.get());
        };
    }

    private Operation extendedAttributes(long node, int room) {
        return (out, call) -> {
            StringBuilder names = new StringBuilder();
            fileSystem.extendedAttributes(node).forEach(name -> names.append(name).append('\0'));
            return sized(out, room, names.toString());
        };
    }

    /** The size alone when there is no {@code room}, as callers ask who do not know it yet. */
    private static int sized(ReplyBuffer out, int room, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (room == 0) {
            out.clear(0, Wire.GETXATTR_OUT);
            out.putInt(0, bytes.length);
            return Wire.GETXATTR_OUT;
        }
        if (bytes.length > room) {
            return -Errno.ERANGE;
        }
        out.putBytes(0, bytes);
        return bytes.length;
    }

    private int space(ReplyBuffer out, Call call) {
        Space space = fileSystem.space();
        int block = 4096;
        out.clear(0, Wire.STATFS_OUT);
        out.putLong(0, space.totalBytes() / block);
        out.putLong(8, space.freeBytes() / block);
        out.putLong(16, space.freeBytes() / block);
        out.putLong(24, space.files());
        out.putInt(40, block);
        out.putInt(44, io.millrace.model.EntryName.MAX_BYTES);
        out.putInt(48, block);
        return Wire.STATFS_OUT;
    }

    private static Operation failing(int errno) {
        return (out, call) -> -errno;
    }
}
