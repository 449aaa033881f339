package io.millrace.cache.eviction;

import static java.util.Objects.requireNonNull;

import io.millrace.model.PathPolicy;
import org.jspecify.annotations.Nullable;

/**
 * What the cache is told of a file beside its bytes: to whom it belongs, and how much it is worth.
 *
 * @param policy by which files of its group go; null: the cache's own
 * @param group the data set it belongs to, an opaque number; {@link #UNKNOWN_GROUP}: none was named
 * @param priority a file makes room by dropping files of a lower one first, and never drops one of
 *     a higher
 * @param protection whether it may go at all
 */
public record CacheClass(
        @Nullable EvictionKind policy, long group, int priority, Protection protection) {

    /** Whether a file may be dropped to make room. */
    public enum Protection {
        EVICTABLE,
        /** It goes only when it is told to. */
        PINNED
    }

    /** Files found at the start are in it until somebody opens them and names another. */
    public static final long UNKNOWN_GROUP = 0;

    /** Of files whose caller says nothing. */
    public static final CacheClass DEFAULT =
            new CacheClass(null, UNKNOWN_GROUP, PathPolicy.DEFAULT_PRIORITY, Protection.EVICTABLE);

    public CacheClass {
        requireNonNull(protection);
    }

    /**
     * The data set that files most likely belong to: their mount and the first part of their keys.
     */
    public static long groupOf(long mountId, String key) {
        int slash = key.indexOf('/');
        int top = slash < 0 ? 0 : key.substring(0, slash).hashCode();
        return mountId << 32 | (top & 0xffffffffL);
    }

    public boolean isPinned() {
        return protection == Protection.PINNED;
    }
}
