package io.millrace.understore;

import io.millrace.model.ByteRange;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What lies behind a mount, rooted at the mount's URI: keys are relative to it.
 *
 * <p>Calls block, and are made on virtual threads. Every call ends: each has a deadline and bounded
 * retries inside, so that callers do not retry. All failures are {@link
 * io.millrace.model.MillraceException}: NOT_FOUND (also for a missing bucket, which the message
 * names), PERMISSION_DENIED, STALE_VERSION, BUSY (throttled for longer than the retries last),
 * UNAVAILABLE, DEADLINE_EXCEEDED, IO_ERROR. Implementations are safe for use by many threads.
 */
public interface UnderStore extends AutoCloseable {

    /** The object under {@code key} with its attributes; empty when there is none. */
    Optional<ObjectStatus> stat(String key);

    /**
     * One page of the objects whose key starts with {@code prefix}, in order of the bytes of UTF-8.
     * A prefix under which nothing lies gives an empty page.
     *
     * @param prefix empty: the root
     * @param depth whether keys below the next {@code /} are folded into one common prefix
     * @param continuation null for the first page, else {@link ListPage#continuation} of the page
     *     before
     * @param maxKeys 1 to 1,000, objects and common prefixes together
     */
    ListPage list(String prefix, Depth depth, @Nullable String continuation, int maxKeys);

    /**
     * Opens the bytes {@code range} of {@code key}, which must still be at {@code objectVersion}.
     *
     * <p>The stream gives exactly {@code range.length()} bytes of that version, or fails: with
     * STALE_VERSION here when the object has changed, NOT_FOUND when it is gone, and with an {@link
     * java.io.IOException} from the stream when the connection breaks half way or the object turns
     * out shorter. What was read until then is of the named version.
     *
     * @param range not empty, and inside the object
     */
    InputStream read(String key, String objectVersion, ByteRange range);

    /** Ends idle connections. Calls under way may fail. */
    @Override
    void close();

    /** How far a listing looks. */
    enum Depth {
        /** Objects directly under the prefix, and the common prefixes below it. */
        ONE_LEVEL,
        /** Every object under the prefix. */
        ALL_LEVELS
    }
}
