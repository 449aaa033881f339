package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Call;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.Reading;
import io.millrace.model.Errno;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.LongAdder;

/**
 * Opens and closes files as the mount's read policy says, and finds the open file that a read is
 * for. What the policy comes to on this host is decided when the kernel has been answered.
 */
final class Opens {

    private static final Logger LOG = System.getLogger(Opens.class.getName());

    /** The handle of opens whose reads do not come here; a file system gives out others. */
    private static final long NO_HANDLE = 0;

    /** What policy DIRECT reads past the page cache is longer than one request. */
    private static final long STREAMED_BYTES = Wire.MAX_READ;

    private final FuseFileSystem fileSystem;
    private final ReadPolicy wanted;
    private final int device;
    private final Handles handles;
    private final BackingFiles backing;
    private final StandingHandles standing;
    private final LongAdder served = new LongAdder();
    private volatile boolean passesThrough;
    private volatile ReadPolicy policy = ReadPolicy.PASSTHROUGH;
    private volatile String reason = "the kernel was not answered yet";

    /**
     * @param wanted the policy that was asked for
     * @param device the open /dev/fuse of the connection
     */
    Opens(
            FuseFileSystem fileSystem,
            ReadPolicy wanted,
            int device,
            Handles handles,
            OpenJournal journal) {
        this.fileSystem = fileSystem;
        this.wanted = wanted;
        this.device = device;
        this.handles = handles;
        this.backing = new BackingFiles(device, journal);
        this.standing = new StandingHandles(fileSystem);
    }

    /** Those of the second word of INIT flags that are asked for. */
    int flags2(int offered) {
        return switch (wanted) {
            case NO_OPEN -> 0;
            case AUTO, PASSTHROUGH -> offered & Wire.FLAG2_PASSTHROUGH;
            case DIRECT -> offered & (Wire.FLAG2_PASSTHROUGH | Wire.FLAG2_DIRECT_IO_ALLOW_MMAP);
        };
    }

    /**
     * Decides, once the kernel has been answered.
     *
     * @param flags2 as agreed
     */
    void decide(int flags2) {
        if (wanted == ReadPolicy.NO_OPEN) {
            decided(ReadPolicy.NO_OPEN, "it was asked for");
            return;
        }
        String obstacle = obstacle(flags2);
        passesThrough = obstacle.isEmpty();
        if (passesThrough) {
            decided(
                    wanted == ReadPolicy.AUTO ? ReadPolicy.PASSTHROUGH : wanted,
                    "the kernel takes backing files from this process");
        } else if (wanted == ReadPolicy.AUTO) {
            decided(ReadPolicy.NO_OPEN, obstacle);
        } else {
            decided(wanted, obstacle + ": no file is passed through");
        }
    }

    private String obstacle(int flags2) {
        if ((flags2 & Wire.FLAG2_PASSTHROUGH) == 0) {
            return "the kernel has no FUSE passthrough (it came with Linux 6.9)";
        }
        int result = BackingFiles.probe(device);
        return switch (-result) {
            case 0 -> "";
            case Errno.EPERM -> "FUSE passthrough needs CAP_SYS_ADMIN on the host";
            default -> "FUSE passthrough failed with errno " + -result;
        };
    }

    private void decided(ReadPolicy chosen, String why) {
        policy = chosen;
        reason = why;
        LOG.log(
                Level.INFO,
                "event=read_policy policy=" + chosen + " wanted=" + wanted + " reason=" + why);
    }

    /** Answers OPEN. */
    int open(ReplyBuffer out, long node) {
        if (policy == ReadPolicy.NO_OPEN) {
            return -Errno.ENOSYS;
        }
        long length = fileSystem.attributes(node).length();
        int id =
                passesThrough && length > 0
                        ? backing.open(
                                node, length, () -> fileSystem.backingFiles(node), out.scratch())
                        : 0;
        long handle = NO_HANDLE;
        int flags = Wire.OPEN_PASSTHROUGH | Wire.OPEN_NOFLUSH;
        if (id == 0) {
            handle = serve(node, out.scratch());
            flags =
                    policy == ReadPolicy.DIRECT && length > STREAMED_BYTES
                            ? Wire.OPEN_DIRECT_IO
                            : Wire.OPEN_KEEP_CACHE;
        }
        out.clear(0, Wire.OPEN_OUT);
        out.putLong(0, handle);
        out.putInt(8, flags);
        out.putInt(12, id);
        out.opened(node, handle);
        return Wire.OPEN_OUT;
    }

    private long serve(long node, Scratch scratch) {
        boolean opened = false;
        try {
            long handle = handles.mark(fileSystem.open(node));
            opened = true;
            served.increment();
            return handle;
        } finally {
            if (!opened) {
                backing.release(node, scratch);
            }
        }
    }

    /** Answers READ; may answer WOULD_BLOCK. */
    int read(long node, long handle, long offset, int size, ReplyBuffer out, Call call) {
        if (handle != NO_HANDLE && handles.isOwn(handle)) {
            return readOpen(handles.unmark(handle), offset, size, out, call);
        }
        // Opened without us, or at an agent before this one: a node is one version of one path.
        StandingHandles.Standing file = standing.enter(node);
        try {
            return readOpen(file.handle, offset, size, out, call);
        } finally {
            file.leave();
        }
    }

    private int readOpen(long handle, long offset, int size, ReplyBuffer out, Call call) {
        int bytes = fileSystem.read(handle, offset, Math.min(size, out.capacity()), out, call);
        return bytes == FuseFileSystem.WOULD_BLOCK ? Operation.WOULD_BLOCK : bytes;
    }

    /** Ends what {@link #open} began. */
    void release(long node, long handle, Scratch scratch) {
        if (handle != NO_HANDLE && handles.isOwn(handle)) {
            fileSystem.release(handles.unmark(handle));
        }
        backing.release(node, scratch);
    }

    /** The kernel has forgotten {@code node}. */
    void forget(long node) {
        if (policy == ReadPolicy.NO_OPEN || handles.agent() > 0) {
            standing.forget(node);
        }
    }

    void end() {
        standing.end();
        backing.end();
    }

    Reading reading() {
        return new Reading(policy, reason, backing.opens(), backing.held(), served.sum());
    }
}
