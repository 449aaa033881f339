package io.millrace.client;

import io.millrace.contracts.DataPort;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a data port: sends a range request, reads the answer's head strictly and its
 * body straight into the caller's buffer. One request at a time; {@link #close} from any thread
 * ends it.
 */
final class DataConnection implements AutoCloseable {

    private static final int MAX_HEAD_BYTES = 8192;
    private static final int MAX_PROBLEM_BYTES = 4096;

    private final SocketChannel channel;
    private final ByteBuffer head = ByteBuffer.allocateDirect(MAX_HEAD_BYTES);
    private boolean reusable = true;
    private boolean answerBegan;

    /** By when the next bytes must come, on the clock of nanoTime; read by the watchdog. */
    private volatile long deadline = Long.MAX_VALUE;

    private volatile boolean timedOut;

    /**
     * What a worker says of the bytes it sent.
     *
     * @param miss whether it had to fetch some of them
     * @param checksum their CRC32C; null: it does not say
     */
    record Answer(boolean miss, @Nullable Integer checksum) {}

    /** The head of an answer. */
    private static final class Head {
        int status;
        long contentLength = -1;
        @Nullable String contentRange;
        @Nullable String error;
        boolean miss;
        @Nullable Integer checksum;
        int accepted;
        boolean close;
    }

    private DataConnection(SocketChannel channel) {
        this.channel = channel;
    }

    /** A connection that is not connected yet, so that a watchdog can already close it. */
    static DataConnection create() throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return new DataConnection(channel);
    }

    void connect(InetSocketAddress address) throws IOException {
        try {
            var _ = channel.connect(address);
        } catch (java.nio.channels.UnresolvedAddressException e) {
            throw new IOException("the host " + address.getHostString() + " has no address", e);
        }
    }

    /** Whether it may take another request. */
    boolean isReusable() {
        return reusable && channel.isOpen();
    }

    /** Whether any byte of the last request's answer came. */
    boolean hasAnswerBegun() {
        return answerBegan;
    }

    void setDeadline(long nanos) {
        deadline = nanos;
    }

    /** For the watchdog: ends a connection that is too late. */
    void closeIfLate(long now) {
        if (deadline != Long.MAX_VALUE && now - deadline > 0) {
            timedOut = true;
            close();
        }
    }

    boolean isTimedOut() {
        return timedOut;
    }

    /**
     * Reads {@code range} of a file into {@code target}, which has room for just it. When it fails,
     * target's position says how much came.
     *
     * @param request as {@link DataRequest} made it
     * @return what the worker says of the bytes
     * @throws MillraceException as the worker says
     * @throws IOException when the connection or the answer is broken
     */
    Answer read(ByteBuffer request, ByteRange range, long length, ByteBuffer target)
            throws IOException {
        send(request);
        int bodyStart = receiveHead();
        Head answer = answer(bodyStart);
        check(answer, range, length);
        head.limit(head.position()).position(bodyStart);
        if (head.remaining() > target.remaining()) {
            throw new ProtocolException("more bytes than were announced");
        }
        target.put(head);
        while (target.hasRemaining()) {
            if (channel.read(target) < 0) {
                throw new EOFException(
                        "the body ended " + target.remaining() + " bytes before its end");
            }
        }
        reusable = !answer.close;
        return new Answer(answer.miss, answer.checksum);
    }

    /**
     * Asks for files to be fetched ahead.
     *
     * @param request as {@link DataRequest#prefetch} made it
     * @return how many were taken, from the first on
     */
    int prefetch(ByteBuffer request) throws IOException {
        send(request);
        int bodyStart = receiveHead();
        Head answer = answer(bodyStart);
        if (answer.contentLength != 0 || head.position() > bodyStart) {
            throw new ProtocolException("a prefetch was answered with a body");
        }
        reusable = !answer.close;
        return answer.accepted;
    }

    private void send(ByteBuffer request) throws IOException {
        reusable = false;
        answerBegan = false;
        while (request.hasRemaining()) {
            var _ = channel.write(request);
        }
        head.clear();
    }

    private Head answer(int bodyStart) throws IOException {
        Head answer = parse(bodyStart);
        if (answer.status >= 400) {
            throw failure(answer, bodyStart);
        }
        return answer;
    }

    /** Reads until the head is whole; returns where the body begins. */
    private int receiveHead() throws IOException {
        int searched = 0;
        while (true) {
            if (!head.hasRemaining()) {
                throw new ProtocolException(
                        "the answer's head is longer than " + MAX_HEAD_BYTES + " bytes");
            }
            if (channel.read(head) < 0) {
                throw new EOFException("the connection ended before an answer");
            }
            answerBegan = true;
            for (int i = Math.max(3, searched); i < head.position(); i++) {
                if (head.get(i) == '\n'
                        && head.get(i - 1) == '\r'
                        && head.get(i - 2) == '\n'
                        && head.get(i - 3) == '\r') {
                    return i + 1;
                }
            }
            searched = head.position();
        }
    }

    private Head parse(int end) throws ProtocolException {
        byte[] bytes = new byte[end - 4];
        head.get(0, bytes);
        String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\r\n", -1);
        Head answer = new Head();
        if (!lines[0].matches("HTTP/1\\.1 [1-5][0-9][0-9]( .*)?")) {
            throw new ProtocolException("not an HTTP/1.1 answer");
        }
        answer.status = Integer.parseInt(lines[0].substring(9, 12));
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon <= 0 || lines[i].charAt(colon - 1) == ' ') {
                throw new ProtocolException("a line of the answer's head is no header");
            }
            String value = lines[i].substring(colon + 1).strip();
            switch (lines[i].substring(0, colon).toLowerCase(Locale.ROOT)) {
                case "content-length" -> {
                    if (answer.contentLength >= 0 || !value.matches("[0-9]{1,18}")) {
                        throw new ProtocolException("Content-Length is twice there or no number");
                    }
                    answer.contentLength = Long.parseLong(value);
                }
                case "content-range" -> answer.contentRange = value;
                case "transfer-encoding" ->
                        throw new ProtocolException("Transfer-Encoding is not understood");
                case "connection" -> answer.close |= value.equalsIgnoreCase("close");
                case "millrace-error" -> answer.error = value;
                case "millrace-miss" -> answer.miss = true;
                case "millrace-checksum" -> answer.checksum = checksum(value);
                case "millrace-accepted" -> answer.accepted = accepted(value);
                default -> {}
            }
        }
        if (answer.contentLength < 0) {
            throw new ProtocolException("Content-Length is missing");
        }
        return answer;
    }

    private static int checksum(String value) throws ProtocolException {
        if (!value.matches("[0-9a-f]{8}")) {
            throw new ProtocolException(DataPort.CHECKSUM + " is no checksum");
        }
        return Integer.parseUnsignedInt(value, 16);
    }

    private static int accepted(String value) throws ProtocolException {
        if (!value.matches("[0-9]{1,4}")) {
            throw new ProtocolException(DataPort.ACCEPTED + " is no number");
        }
        return Integer.parseInt(value);
    }

    private static void check(Head answer, ByteRange range, long length) throws IOException {
        boolean whole = answer.status == 200 && range.equals(ByteRange.whole(length));
        String expected = "bytes " + range.offset() + "-" + (range.end() - 1) + "/" + length;
        boolean part = answer.status == 206 && expected.equals(answer.contentRange);
        if (!(whole || part) || answer.contentLength != range.length()) {
            throw new ProtocolException(
                    "asked for "
                            + expected
                            + ", answered "
                            + answer.status
                            + " "
                            + answer.contentRange
                            + " with "
                            + answer.contentLength
                            + " bytes");
        }
    }

    private MillraceException failure(Head answer, int bodyStart) throws IOException {
        int bytes = (int) Math.min(answer.contentLength, MAX_PROBLEM_BYTES);
        while (head.position() - bodyStart < bytes && head.hasRemaining()) {
            if (channel.read(head) < 0) {
                break;
            }
        }
        byte[] body = new byte[Math.min(bytes, head.position() - bodyStart)];
        head.get(bodyStart, body);
        reusable = body.length == answer.contentLength && !answer.close;
        return new MillraceException(
                code(answer), detail(new String(body, StandardCharsets.UTF_8), answer.status));
    }

    private static ErrorCode code(Head answer) {
        String name = answer.error;
        if (name != null) {
            try {
                return ErrorCode.valueOf(name);
            } catch (IllegalArgumentException e) {
                // A newer worker's code: its status says enough.
            }
        }
        return answer.status >= 500 ? ErrorCode.UNAVAILABLE : ErrorCode.INVALID_ARGUMENT;
    }

    /** The sentence of an RFC 9457 problem, without reading JSON: it is for people only. */
    private static String detail(String problem, int status) {
        var matcher =
                java.util.regex.Pattern.compile("\"detail\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"")
                        .matcher(problem);
        return matcher.find()
                ? matcher.group(1).replace("\\\"", "\"")
                : "a worker answered " + status + " (" + DataPort.ERROR + " says more)";
    }

    @Override
    public void close() {
        reusable = false;
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone.
        }
    }
}
