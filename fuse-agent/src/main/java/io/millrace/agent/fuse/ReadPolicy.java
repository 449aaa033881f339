package io.millrace.agent.fuse;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.Locale;

/** How the bytes of an open file come to its readers. */
public enum ReadPolicy {
    /** {@link #PASSTHROUGH} where the host allows it, else {@link #NO_OPEN}. */
    AUTO,

    /**
     * A file that lies complete on this host is handed to the kernel, which reads it without asking
     * anybody; every other file is read through the kernel's page cache. Where the host does not
     * allow it, all files are.
     */
    PASSTHROUGH,

    /**
     * The kernel does not even tell of open and close, and keeps pages in its page cache: best when
     * the data fits in memory, since what was read once is read again without a call.
     */
    NO_OPEN,

    /**
     * As {@link #PASSTHROUGH}, but large files that are not complete on this host go past the page
     * cache: best for streaming what is read once.
     */
    DIRECT;

    /**
     * Reads what {@link #toString} wrote.
     *
     * @throws MillraceException INVALID_ARGUMENT, naming {@code setting}
     */
    public static ReadPolicy parse(String setting, String value) {
        for (ReadPolicy policy : values()) {
            if (policy.toString().equals(value)) {
                return policy;
            }
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                setting + " is '" + value + "': it must be auto, passthrough, no-open or direct");
    }

    /** As settings and messages have it: {@code no-open}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
