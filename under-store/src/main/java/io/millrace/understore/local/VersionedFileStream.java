package io.millrace.understore.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes of a file that are handed out only while the file is still what it was. */
final class VersionedFileStream extends InputStream {

    /** Fails when the file has changed. */
    interface VersionCheck {
        void run() throws IOException;
    }

    private final FileChannel channel;
    private final VersionCheck check;

    VersionedFileStream(FileChannel channel, VersionCheck check) {
        this.channel = channel;
        this.check = check;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = channel.read(ByteBuffer.wrap(buffer, offset, length));
        check.run();
        return count;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
