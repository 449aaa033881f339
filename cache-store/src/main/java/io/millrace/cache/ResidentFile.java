package io.millrace.cache;

import io.millrace.model.ByteRange;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open cache file. Stays readable after eviction until closed, because cache files are only ever
 * unlinked. Safe for many threads.
 */
public interface ResidentFile extends AutoCloseable {

    /** Whether every byte is resident: then it stays so. */
    boolean isComplete();

    /** Whether every byte of {@code range} is resident now: then it stays so while this is open. */
    boolean isResident(ByteRange range);

    /**
     * Fills {@code target} (heap or direct) from {@code offset} on. The caller has asked {@link
     * #isResident} before.
     *
     * @throws IOException when the disk fails, or the file is shorter than it must be
     */
    void read(ByteBuffer target, long offset) throws IOException;

    @Override
    void close();
}
