package io.millrace.testkit.simulation;

import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.nio.ByteBuffer;

/** One version of an object, whose bytes follow from its key and number. */
record SimulatedObject(FileSource source, FileVersion version, byte[] content) {

    static final long MOUNT = 7;

    static SimulatedObject of(String key, int number, int length) {
        FileSource source = new FileSource(MOUNT, key, "v" + number, length);
        FileVersion version = source.fileVersion();
        byte[] content = new byte[length];
        long state = version.high() ^ version.low() | 1;
        for (int i = 0; i < length; i++) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            content[i] = (byte) (state >>> 32);
        }
        return new SimulatedObject(source, version, content);
    }

    String key() {
        return source.key();
    }

    /** Whether {@code bytes} are what this version has from {@code offset} on. */
    boolean has(long offset, ByteBuffer bytes) {
        return offset + bytes.remaining() <= content.length
                && ByteBuffer.wrap(content, (int) offset, bytes.remaining()).equals(bytes);
    }

    ByteRange whole() {
        return ByteRange.whole(content.length);
    }

    @Override
    public String toString() {
        return source.key() + "@" + source.objectVersion() + "(" + content.length + ")";
    }
}
