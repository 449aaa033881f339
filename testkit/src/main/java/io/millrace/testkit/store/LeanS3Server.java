package io.millrace.testkit.store;

import io.millrace.testkit.store.GeneratedObjects.Generated;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The part of S3 that reads: GET with {@code Range} and {@code If-Match}, HEAD, and listings by
 * version 2, path style, of {@link GeneratedObjects}. Signatures are not looked at, and nothing is
 * written.
 *
 * <p>As a program it takes the four numbers of the objects, the latency and the bandwidth, prints
 * its port, and ends with its standard input.
 */
public final class LeanS3Server implements AutoCloseable {

    private static final int MAX_HEAD_BYTES = 16 * 1024;
    private static final int PIECE_BYTES = 128 * 1024;
    private static final String MODIFIED = "Mon, 02 Nov 2026 08:00:00 GMT";

    private final GeneratedObjects objects;
    private final Line line;
    private final ServerSocketChannel listener;
    private final AtomicLong lineFreeAt = new AtomicLong();
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private final LongAdder gets = new LongAdder();
    private final LongAdder heads = new LongAdder();
    private final LongAdder lists = new LongAdder();

    /**
     * What lies between the bucket and those who ask it.
     *
     * @param latency before an answer begins
     * @param bytesPerSecond of all answers together; 0: as fast as it can
     */
    public record Line(Duration latency, long bytesPerSecond) {

        public static final Line LOCAL = new Line(Duration.ZERO, 0);
    }

    private LeanS3Server(GeneratedObjects objects, Line line, ServerSocketChannel listener) {
        this.objects = objects;
        this.line = line;
        this.listener = listener;
    }

    /** On a port of its choice, on loopback. */
    public static LeanS3Server start(GeneratedObjects objects, Line line) throws IOException {
        ServerSocketChannel listener =
                ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0), 1_024);
        LeanS3Server server = new LeanS3Server(objects, line, listener);
        Thread.ofVirtual().name("lean-s3").start(server::accept);
        return server;
    }

    public static void main(String[] numbers) throws IOException {
        GeneratedObjects objects =
                new GeneratedObjects(
                        Integer.parseInt(numbers[0]),
                        Integer.parseInt(numbers[1]),
                        Integer.parseInt(numbers[2]),
                        Long.parseLong(numbers[3]));
        Line line =
                new Line(Duration.ofMillis(Long.parseLong(numbers[4])), Long.parseLong(numbers[5]));
        try (LeanS3Server server = start(objects, line)) {
            System.out.println(server.port());
            while (System.in.read() >= 0) {
                // Whoever started it lives.
            }
        }
    }

    public int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /** Requests that were answered, by verb. */
    public Map<String, Long> requests() {
        return Map.of("GET", gets.sum(), "HEAD", heads.sum(), "LIST", lists.sum());
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel connection = listener.accept();
                connections.add(connection);
                Thread.ofVirtual().name("lean-s3-connection").start(() -> serve(connection));
            } catch (IOException e) {
                // Closed, or a connection that was gone before it was taken.
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
            ByteBuffer in = ByteBuffer.allocate(MAX_HEAD_BYTES);
            while (true) {
                answer(connection, new Head(readHead(connection, in)));
            }
        } catch (IOException e) {
            // The client went.
        } finally {
            connections.remove(connection);
        }
    }

    /** Up to the empty line; what came after it stays in {@code in}. */
    private static String readHead(SocketChannel connection, ByteBuffer in) throws IOException {
        int searched = 0;
        while (true) {
            for (int at = searched; at + 3 < in.position(); at++) {
                if (in.get(at) == '\r' && in.get(at + 2) == '\r' && in.get(at + 3) == '\n') {
                    String head = new String(in.array(), 0, at, StandardCharsets.ISO_8859_1);
                    in.flip().position(at + 4);
                    in.compact();
                    return head;
                }
            }
            searched = Math.max(0, in.position() - 3);
            if (!in.hasRemaining() || connection.read(in) < 0) {
                throw new EOFException("no whole request");
            }
        }
    }

    /** The request line and the headers, by their names in lower case. */
    private static final class Head {

        private final String method;
        private final String path;
        private final Map<String, String> query = new HashMap<>();
        private final Map<String, String> headers = new HashMap<>();

        Head(String text) throws IOException {
            String[] lines = text.split("\r\n");
            String[] request = lines[0].split(" ");
            if (request.length != 3) {
                throw new IOException("no HTTP request: " + lines[0]);
            }
            this.method = request[0];
            int mark = request[1].indexOf('?');
            this.path = decode(mark < 0 ? request[1] : request[1].substring(0, mark));
            if (mark >= 0) {
                for (String pair : request[1].substring(mark + 1).split("&")) {
                    int equals = pair.indexOf('=');
                    query.put(
                            equals < 0 ? pair : pair.substring(0, equals),
                            equals < 0 ? "" : decode(pair.substring(equals + 1)));
                }
            }
            for (int line = 1; line < lines.length; line++) {
                int colon = lines[line].indexOf(':');
                headers.put(
                        lines[line].substring(0, colon).toLowerCase(Locale.ROOT),
                        lines[line].substring(colon + 1).strip());
            }
        }

        private static String decode(String text) {
            return text.indexOf('%') < 0
                    ? text
                    : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        }

        /** What comes after the bucket. */
        String key() {
            int slash = path.indexOf('/', 1);
            return slash < 0 ? "" : path.substring(slash + 1);
        }
    }

    private void answer(SocketChannel connection, Head head) throws IOException {
        boolean body = head.method.equals("GET");
        pause(line.latency().toNanos());
        if (!body && !head.method.equals("HEAD")) {
            fail(connection, true, "405 Method Not Allowed", "MethodNotAllowed");
        } else if (head.key().isEmpty()) {
            lists.increment();
            send(connection, "200 OK", "Content-Type: application/xml\r\n", list(head), body);
        } else {
            (body ? gets : heads).increment();
            Optional<Generated> object = objects.find(head.key());
            if (object.isEmpty()) {
                fail(connection, body, "404 Not Found", "NoSuchKey");
            } else if (!object.get()
                    .etag()
                    .equals(head.headers.getOrDefault("if-match", object.get().etag()))) {
                fail(connection, body, "412 Precondition Failed", "PreconditionFailed");
            } else {
                sendObject(connection, head, object.get(), body);
            }
        }
    }

    private void sendObject(SocketChannel connection, Head head, Generated object, boolean body)
            throws IOException {
        long from = 0;
        long end = object.length();
        String range = head.headers.get("range");
        if (range != null && range.startsWith("bytes=")) {
            int dash = range.indexOf('-');
            from = Long.parseLong(range, 6, dash, 10);
            end =
                    dash + 1 == range.length()
                            ? end
                            : Math.min(
                                    end, Long.parseLong(range, dash + 1, range.length(), 10) + 1);
            if (from >= object.length()) {
                fail(connection, body, "416 Range Not Satisfiable", "InvalidRange");
                return;
            }
        }
        StringBuilder answer = new StringBuilder(256);
        answer.append("HTTP/1.1 ").append(range == null ? "200 OK" : "206 Partial Content");
        answer.append("\r\nContent-Length: ").append(end - from);
        if (range != null) {
            answer.append("\r\nContent-Range: bytes ").append(from).append('-').append(end - 1);
            answer.append('/').append(object.length());
        }
        answer.append("\r\nETag: ").append(object.etag());
        answer.append("\r\nLast-Modified: ").append(MODIFIED);
        answer.append("\r\nAccept-Ranges: bytes\r\nServer: lean\r\n\r\n");
        ByteBuffer first = ascii(answer);
        if (!body) {
            write(connection, first);
            return;
        }
        for (long at = from; at < end; ) {
            ByteBuffer bytes = object.bytes(at);
            bytes.limit((int) Math.min(Math.min(bytes.limit(), PIECE_BYTES), end - at));
            at += bytes.remaining();
            awaitLine(bytes.remaining());
            write(connection, first, bytes);
            first = ByteBuffer.allocate(0);
        }
    }

    /** Takes the line for so many bytes, and waits for its turn. */
    private void awaitLine(int bytes) throws IOException {
        if (line.bytesPerSecond() > 0) {
            long now = System.nanoTime();
            long nanos = bytes * 1_000_000_000L / line.bytesPerSecond();
            pause(lineFreeAt.updateAndGet(free -> Math.max(free, now) + nanos) - now);
        }
    }

    private static void pause(long nanos) throws IOException {
        try {
            if (nanos > 0) {
                Thread.sleep(Duration.ofNanos(nanos));
            }
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    private byte[] list(Head head) {
        GeneratedObjects.Page page =
                objects.list(
                        head.query.getOrDefault("prefix", ""),
                        head.query.getOrDefault("delimiter", ""),
                        head.query.getOrDefault(
                                "continuation-token", head.query.getOrDefault("start-after", "")),
                        Integer.parseInt(head.query.getOrDefault("max-keys", "1000")));
        StringBuilder xml = new StringBuilder(64 * 1024);
        xml.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult><IsTruncated>")
                .append(page.next() != null)
                .append("</IsTruncated>");
        if (page.next() != null) {
            xml.append("<NextContinuationToken>")
                    .append(page.next())
                    .append("</NextContinuationToken>");
        }
        for (Generated object : page.objects()) {
            xml.append("<Contents><Key>")
                    .append(URLEncoder.encode(object.key(), StandardCharsets.UTF_8))
                    .append("</Key><LastModified>2026-11-02T08:00:00.000Z</LastModified><ETag>")
                    .append(object.etag().replace("\"", "&quot;"))
                    .append("</ETag><Size>")
                    .append(object.length())
                    .append("</Size></Contents>");
        }
        for (String prefix : page.prefixes()) {
            xml.append("<CommonPrefixes><Prefix>")
                    .append(URLEncoder.encode(prefix, StandardCharsets.UTF_8))
                    .append("</Prefix></CommonPrefixes>");
        }
        return xml.append("<EncodingType>url</EncodingType></ListBucketResult>")
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void fail(SocketChannel connection, boolean body, String status, String code)
            throws IOException {
        byte[] xml =
                ("<Error><Code>" + code + "</Code><Message>" + code + "</Message></Error>")
                        .getBytes(StandardCharsets.UTF_8);
        send(connection, status, "Content-Type: application/xml\r\n", xml, body);
    }

    private static void send(
            SocketChannel connection, String status, String headers, byte[] content, boolean body)
            throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append("\r\n");
        head.append(headers).append("Content-Length: ").append(content.length).append("\r\n\r\n");
        write(connection, ascii(head), ByteBuffer.wrap(body ? content : new byte[0]));
    }

    private static ByteBuffer ascii(CharSequence text) {
        return StandardCharsets.ISO_8859_1.encode(text.toString());
    }

    private static void write(SocketChannel connection, ByteBuffer... buffers) throws IOException {
        ByteBuffer last = buffers[buffers.length - 1];
        while (last.hasRemaining() || buffers[0].hasRemaining()) {
            connection.write(buffers);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (SocketChannel connection : connections) {
            connection.close();
        }
    }
}
