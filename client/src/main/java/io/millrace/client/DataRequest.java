package io.millrace.client;

import io.millrace.contracts.DataPort;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Makes range requests for one file: all but the range is written once. */
final class DataRequest {

    private static final String UNRESERVED = "-._~";

    private final String head;

    DataRequest(FileSource source, FileVersion version) {
        this.head =
                "GET "
                        + DataPort.FILES
                        + version
                        + " HTTP/1.1\r\nHost: millrace\r\n"
                        + DataPort.MOUNT
                        + ": "
                        + source.mountId()
                        + "\r\n"
                        + DataPort.KEY
                        + ": "
                        + encode(source.key(), "/")
                        + "\r\n"
                        + DataPort.OBJECT_VERSION
                        + ": "
                        + encode(source.objectVersion(), "")
                        + "\r\n"
                        + DataPort.LENGTH
                        + ": "
                        + source.length()
                        + "\r\n";
    }

    /** Whether the worker is to check what it has before it sends it. */
    enum Verify {
        NO,
        YES
    }

    /** The bytes to send for {@code range}. */
    ByteBuffer forRange(ByteRange range, DataPort.Origin origin, Verify verify) {
        StringBuilder lines = new StringBuilder(head);
        if (!origin.header().isEmpty()) {
            lines.append(DataPort.ORIGIN).append(": ").append(origin.header()).append("\r\n");
        }
        if (verify == Verify.YES) {
            lines.append(DataPort.VERIFY).append(": 1\r\n");
        }
        lines.append("Range: bytes=").append(range.offset()).append('-');
        String request = lines.append(range.end() - 1).append("\r\n\r\n").toString();
        return ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
    }

    /** The bytes to send to have {@code files} fetched ahead. */
    static byte[] prefetch(List<FileSource> files) {
        StringBuilder body = new StringBuilder(files.size() * 64);
        for (FileSource file : files) {
            body.append(file.mountId())
                    .append(' ')
                    .append(encode(file.key(), "/"))
                    .append(' ')
                    .append(encode(file.objectVersion(), ""))
                    .append(' ')
                    .append(file.length())
                    .append('\n');
        }
        String head =
                "POST "
                        + DataPort.PREFETCH
                        + " HTTP/1.1\r\nHost: millrace\r\nContent-Length: "
                        + body.length()
                        + "\r\n\r\n";
        return (head + body).getBytes(StandardCharsets.US_ASCII);
    }

    /** Percent-encodes UTF-8 bytes that are neither unreserved (RFC 3986) nor in {@code kept}. */
    static String encode(String text, String kept) {
        StringBuilder result = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || UNRESERVED.indexOf(c) >= 0
                            || kept.indexOf(c) >= 0;
            if (plain) {
                result.append(c);
            } else {
                result.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return result.toString();
    }
}
