package io.millrace.model;

/**
 * A range of bytes of a file.
 *
 * @param offset of the first byte; 0 or more
 * @param length in bytes; 0 or more
 */
public record ByteRange(long offset, long length) {

    public ByteRange {
        if (offset < 0 || length < 0 || offset + length < 0) {
            throw new IllegalArgumentException(
                    "not a byte range: offset " + offset + ", length " + length);
        }
    }

    /** The whole of a file of {@code length} bytes. */
    public static ByteRange whole(long length) {
        return new ByteRange(0, length);
    }

    /** From {@code start} (inclusive) to {@code end} (exclusive). */
    public static ByteRange between(long start, long end) {
        return new ByteRange(start, end - start);
    }

    /** Offset of the first byte behind the range. */
    public long end() {
        return offset + length;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    public boolean contains(ByteRange other) {
        return other.offset >= offset && other.end() <= end();
    }

    /** The part of this range that lies in a file of {@code fileLength} bytes; maybe empty. */
    public ByteRange within(long fileLength) {
        long start = Math.min(offset, fileLength);
        return between(start, Math.max(start, Math.min(end(), fileLength)));
    }

    @Override
    public String toString() {
        return "[" + offset + ", " + end() + ")";
    }
}
