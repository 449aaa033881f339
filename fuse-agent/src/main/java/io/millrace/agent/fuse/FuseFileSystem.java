package io.millrace.agent.fuse;

import java.util.List;
import java.util.Optional;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A read-only file system as the kernel asks for it: by node, in the manner of FUSE's low level.
 *
 * <p>Called by many threads at once. Failures are {@link io.millrace.model.MillraceException}; the
 * binding answers the errno of its code. Operations that take a {@link Call} may have to ask
 * someone remote: called with {@link Call#IMMEDIATE} they do not, and say so instead; they are then
 * called again, with the same arguments, on a thread that may wait.
 */
public interface FuseFileSystem {

    /** The node of the mounted directory itself: known from the start, never forgotten. */
    long ROOT = 1;

    /** What {@link #read} answers instead of waiting. */
    int WOULD_BLOCK = -1;

    /**
     * What {@code name} is in directory {@code parent}.
     *
     * @return null: it would block
     */
    @Nullable Entry lookup(long parent, String name, Call call);

    /** Takes back {@code lookups} of the lookups given out for {@code node}; never fails. */
    void forget(long node, long lookups);

    Attributes attributes(long node);

    /** How long {@link #attributes} of {@code node} may be believed, in milliseconds. */
    long attributesValidMillis(long node);

    /**
     * Names of files on this host under which all bytes of {@code node} may lie, and nothing else
     * ever: what is there under one of them is the whole file. Never waits.
     */
    List<String> backingFiles(long node);

    /**
     * Opens a file for reading. Never waits.
     *
     * @return a handle that is not 0, for {@link #read} and {@link #release}
     */
    long open(long node);

    /**
     * Reads, to the end of the file at most.
     *
     * @return how many bytes {@code reply} got; {@link #WOULD_BLOCK}: it would block, and what was
     *     written to the reply's buffer does not count
     */
    int read(long handle, long offset, int size, ReadReply reply, Call call);

    /** Ends a handle. Each is released once; never fails. */
    void release(long handle);

    /** Opens a directory. Never waits. */
    long openDirectory(long node);

    /**
     * Whether what was listed of directory {@code node} so far, and the entries given with it,
     * still hold: the kernel then lists it from its own pages. Never waits.
     */
    boolean keepsListing(long node);

    /**
     * Gives a page of a directory, without {@code .} and {@code ..}.
     *
     * @param cookie 0: from the start; else a cookie given with an entry before
     * @return false: it would block, and what was given to the sink does not count
     */
    boolean readDirectory(long handle, long cookie, DirectorySink sink, Call call);

    void releaseDirectory(long handle);

    /** Names that the kernel may hold, with the nodes of their directories. */
    void forEachName(ObjLongConsumer<String> action);

    /**
     * What the kernel is to let go of where nobody uses it, the oldest first: it holds more nodes
     * than the file system wants to know of.
     */
    List<HeldNode> surplus();

    /** Names of the extended attributes of {@code node}, each starting with {@code user.}. */
    List<String> extendedAttributes(long node);

    /**
     * What extended attribute {@code name} of {@code node} says; empty: it has none of that name.
     */
    Optional<String> extendedAttribute(long node, String name);

    Space space();
}
