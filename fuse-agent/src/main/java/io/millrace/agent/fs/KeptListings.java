package io.millrace.agent.fs;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The directories whose listing the kernel may keep, by inode, and until when: a second walk then
 * asks for nothing but the opening of each directory. A listing is kept as long as everything given
 * with it: when one of its names changed, or the kernel let go of one of its entries, it is read
 * again, which gives all entries anew, a page at a time instead of one by one.
 */
final class KeptListings {

    private static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(1);

    private final ConcurrentHashMap<Long, Long> validUntilNanos = new ConcurrentHashMap<>();

    /**
     * A listing of {@code directory} begins. Said before its first page is asked for, so that a
     * change that the page may lack ends it.
     */
    void begin(long directory) {
        validUntilNanos.put(directory, System.nanoTime() + LONGEST_NANOS);
    }

    /** A page that holds until {@code untilNanos} was listed. */
    void add(long directory, long untilNanos) {
        var _ =
                validUntilNanos.computeIfPresent(
                        directory, (_, until) -> until - untilNanos < 0 ? until : untilNanos);
    }

    void end(long directory) {
        validUntilNanos.remove(directory);
    }

    void endAll() {
        validUntilNanos.clear();
    }

    boolean holds(long directory) {
        Long until = validUntilNanos.get(directory);
        return until != null && until - System.nanoTime() > 0;
    }
}
