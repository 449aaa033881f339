package io.millrace.understore;

import io.millrace.model.ByteRange;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Gives exactly as many bytes as were asked for, or fails. Used by one thread. */
public final class ExactStream extends InputStream {

    /** What is left is read rather than the connection lost, up to this much. */
    private static final int DRAIN_LIMIT = 64 << 10;

    private final InputStream in;
    private final String subject;
    private final ByteRange range;
    private final Runnable abort;
    private long remaining;
    private boolean failed;
    private boolean closed;

    /**
     * @param subject what is read, for messages
     * @param abort gives up {@code in} without reading the rest
     */
    public ExactStream(InputStream in, String subject, ByteRange range, Runnable abort) {
        this.in = in;
        this.subject = subject;
        this.range = range;
        this.abort = abort;
        this.remaining = range.length();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (closed) {
            throw new IOException("the stream of " + subject + " is closed");
        }
        if (length == 0) {
            return 0;
        }
        if (remaining == 0) {
            return -1;
        }
        int count;
        try {
            count = in.read(buffer, offset, (int) Math.min(length, remaining));
        } catch (IOException e) {
            failed = true;
            throw new IOException(broken() + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            // HTTP clients wrap what they meet on the way.
            failed = true;
            throw new IOException(broken() + ": " + e.getMessage(), e);
        }
        if (count < 0) {
            failed = true;
            throw new IOException(broken());
        }
        remaining -= count;
        return count;
    }

    private String broken() {
        return "the stream of "
                + subject
                + " broke after "
                + (range.length() - remaining)
                + " of "
                + range.length()
                + " bytes";
    }

    @Override
    public int available() {
        return 0;
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (failed || remaining > DRAIN_LIMIT) {
            abort.run();
        } else {
            in.close();
        }
    }
}
