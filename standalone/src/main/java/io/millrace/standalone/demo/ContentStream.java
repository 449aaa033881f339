package io.millrace.standalone.demo;

import java.io.InputStream;

/** Computes a file of a data set while it is read. */
final class ContentStream extends InputStream {

    private static final int BUFFER_BYTES = 64 * 1024;

    private final DataSet data;
    private final DataSet.File file;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private long filledTo;
    private int at;
    private int end;

    ContentStream(DataSet data, DataSet.File file) {
        this.data = data;
        this.file = file;
    }

    @Override
    public int read() {
        return fill() ? buffer[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, end - at);
        System.arraycopy(buffer, at, target, offset, count);
        at += count;
        return count;
    }

    @Override
    public int available() {
        return (int) Math.min(Integer.MAX_VALUE, file.length() - filledTo + end - at);
    }

    private boolean fill() {
        if (at < end) {
            return true;
        }
        end = (int) Math.min(buffer.length, file.length() - filledTo);
        at = 0;
        if (end > 0) {
            data.fill(file, filledTo, buffer, end);
            filledTo += end;
        }
        return end > 0;
    }
}
