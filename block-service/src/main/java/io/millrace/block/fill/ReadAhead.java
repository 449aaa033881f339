package io.millrace.block.fill;

import io.millrace.model.ByteRange;
import io.millrace.model.FileVersion;
import java.util.LinkedHashMap;

/**
 * Tells sequential reads from others: where a read starts near the end of those before, the next
 * bytes are worth fetching, four times as many each time. What is near grows with what was fetched
 * so far: a reader that asks for several ranges at once is heard in any order. The monitor guards
 * it.
 */
final class ReadAhead {

    private static final int REMEMBERED = 4096;
    private static final long FIRST_BYTES = 8L << 20;
    private static final long DISORDER = 4L << 20;

    /** How far a file was read, and how many bytes behind that are worth fetching. */
    private record Stream(long end, long ahead) {}

    private final long maxBytes;
    private final LinkedHashMap<FileVersion, Stream> streams = new LinkedHashMap<>();

    ReadAhead(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Notes a read.
     *
     * @return where what is worth fetching now ends; not behind {@code range}: nothing is
     */
    synchronized long reached(FileVersion file, ByteRange range) {
        if (maxBytes == 0) {
            return 0;
        }
        Stream last = streams.remove(file);
        Stream stream = new Stream(range.end(), 0);
        if (last != null
                && Math.abs(range.offset() - last.end()) <= Math.max(DISORDER, last.ahead())) {
            long grown = last.ahead() == 0 ? FIRST_BYTES : last.ahead() * 4;
            stream =
                    new Stream(
                            Math.max(last.end(), range.end()),
                            range.end() > last.end() ? Math.min(maxBytes, grown) : last.ahead());
        }
        streams.put(file, stream);
        if (streams.size() > REMEMBERED) {
            streams.remove(streams.firstEntry().getKey());
        }
        return stream.ahead() == 0 ? 0 : stream.end() + stream.ahead();
    }
}
