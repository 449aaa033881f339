package io.millrace.block.fill;

import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.FileVersion;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tells sequential reads from others: where a read starts at or soon behind the end of the one
 * before, the next bytes are worth fetching, twice as many each time. The monitor guards it.
 */
final class ReadAhead {

    private static final int REMEMBERED = 4096;
    private static final long FIRST_BYTES = 2L << 20;

    private record Last(long end, long ahead) {}

    private final long maxBytes;
    private final LinkedHashMap<FileVersion, Last> lastReads = new LinkedHashMap<>();

    ReadAhead(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Bytes behind {@code range} that are worth fetching now. */
    synchronized long after(FileVersion file, ByteRange range) {
        if (maxBytes == 0) {
            return 0;
        }
        Last last = lastReads.remove(file);
        long ahead = 0;
        if (last != null
                && range.offset() > 0
                && Math.abs(range.offset() - last.end()) <= BlockLayout.CHUNK_BYTES) {
            ahead = Math.min(maxBytes, Math.max(FIRST_BYTES, last.ahead() * 2));
        }
        lastReads.put(file, new Last(range.end(), ahead));
        if (lastReads.size() > REMEMBERED) {
            Map.Entry<FileVersion, Last> eldest = lastReads.firstEntry();
            lastReads.remove(eldest.getKey());
        }
        return ahead;
    }
}
