package io.millrace.client;

import io.millrace.contracts.DataPort;
import io.millrace.contracts.v1.Worker;
import io.millrace.model.FileSource;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A data port over a real socket that serves bytes a test gave it, and misbehaves when told to. */
public final class ScriptedDataPort implements AutoCloseable {

    /** What happens to one request instead of a right answer. */
    public enum Fault {
        /** Half the body, then the end. */
        SHORT_BODY,
        /** The connection is reset half way through the body. */
        RESET,
        BUSY,
        UNAVAILABLE,
        STALE,
        /** Nothing is answered. */
        HANG,
        NOT_HTTP,
        CHUNKED,
        WRONG_RANGE,
        ENDLESS_HEAD,
        /** A right answer, after which the connection is closed without a word. */
        CLOSE_AFTER
    }

    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

    private final ServerSocket server;
    private final String id;
    private final Map<String, byte[]> content = new ConcurrentHashMap<>();
    private final Set<String> stale = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedDeque<Fault> faults = new ConcurrentLinkedDeque<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    public final AtomicInteger requests = new AtomicInteger();
    public final AtomicInteger connections = new AtomicInteger();
    public final List<String> heads = java.util.Collections.synchronizedList(new ArrayList<>());
    public volatile boolean hanging;
    private volatile long heldBehind;
    private final AtomicInteger toHold = new AtomicInteger();

    /** Requests that are held back. */
    public final AtomicInteger held = new AtomicInteger();

    /** Keys of files that were asked for ahead, in order, and how many of a request are taken. */
    public final List<String> prefetched =
            java.util.Collections.synchronizedList(new ArrayList<>());

    public volatile int prefetchRoom = Integer.MAX_VALUE;

    /** Versions that are no misses. */
    private final Set<String> cached = ConcurrentHashMap.newKeySet();

    public ScriptedDataPort(String id) throws IOException {
        this.id = id;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** How the ring knows it. */
    public Worker worker() {
        return Worker.newBuilder()
                .setId(id)
                .setHost("127.0.0.1")
                .setDataPort(server.getLocalPort())
                .setHostId("another host")
                .setWeight(1000)
                .setCapacityBytes(1L << 30)
                .setUsedBytes(1L << 29)
                .build();
    }

    public void serve(FileSource source, byte[] bytes) {
        content.put(source.fileVersion().toString(), bytes);
    }

    /** From now on the object has another version. */
    public void stale(FileSource source) {
        stale.add(source.fileVersion().toString());
    }

    public void fail(Fault... next) {
        faults.addAll(List.of(next));
    }

    /** From now on every version is a miss again. */
    public void forgetCached() {
        cached.clear();
    }

    /** The next {@code count} requests for what lies behind {@code offset} are not answered. */
    public void holdBehind(int count, long offset) {
        heldBehind = offset;
        toHold.set(count);
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                // Head and body are two writes: the second would wait for an acknowledgement.
                socket.setTcpNoDelay(true);
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> answerAll(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void answerAll(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                String head = readHead(in);
                if (head.isEmpty()) {
                    return;
                }
                if (head.startsWith("POST ")) {
                    prefetch(in, socket.getOutputStream(), head);
                    continue;
                }
                heads.add(head);
                requests.incrementAndGet();
                if (!answer(socket, head)) {
                    return;
                }
            }
        } catch (IOException | InterruptedException e) {
            // The client went away, or the test is over.
        } finally {
            sockets.remove(socket);
        }
    }

    /** Files asked for ahead are taken, and answered as misses no more. */
    private boolean prefetch(InputStream in, OutputStream out, String head) throws IOException {
        int start = head.indexOf("Content-Length: ") + 16;
        int length = Integer.parseInt(head.substring(start, head.indexOf('\r', start)));
        String body = new String(in.readNBytes(length), StandardCharsets.US_ASCII);
        List<String> lines = body.lines().toList();
        int taken = Math.min(lines.size(), prefetchRoom);
        for (String line : lines.subList(0, taken)) {
            String[] fields = line.split(" ");
            FileSource source =
                    new FileSource(
                            Long.parseLong(fields[0]),
                            URLDecoder.decode(fields[1], StandardCharsets.UTF_8),
                            URLDecoder.decode(fields[2], StandardCharsets.UTF_8),
                            Long.parseLong(fields[3]));
            prefetched.add(source.key());
            cached.add(source.fileVersion().toString());
        }
        out.write(
                ("HTTP/1.1 200 OK\r\n"
                                + DataPort.ACCEPTED
                                + ": "
                                + taken
                                + "\r\nContent-Length: 0\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        out.flush();
        return true;
    }

    private boolean answer(Socket socket, String head) throws IOException, InterruptedException {
        Fault fault = faults.poll();
        if (hanging) {
            fault = Fault.HANG;
        }
        OutputStream out = socket.getOutputStream();
        int start = DataPort.FILES.length() + 4;
        String version = head.substring(start, head.indexOf(' ', start));
        if (stale.contains(version)) {
            fault = Fault.STALE;
        }
        byte[] bytes = content.get(version);
        Matcher range = RANGE.matcher(head);
        if (bytes == null || !range.find()) {
            error(out, 404, "NOT_FOUND");
            return true;
        }
        int first = Integer.parseInt(range.group(1));
        if (first >= heldBehind && toHold.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            held.incrementAndGet();
            fault = Fault.HANG;
        }
        int last = Integer.parseInt(range.group(2));
        int length = last - first + 1;
        String right =
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes "
                        + first
                        + "-"
                        + last
                        + "/"
                        + bytes.length
                        + "\r\nContent-Length: "
                        + length
                        + (cached.add(version) ? "\r\n" + DataPort.MISS + ": 1" : "")
                        + "\r\n\r\n";
        if (fault == null) {
            out.write(right.getBytes(StandardCharsets.US_ASCII));
            out.write(bytes, first, length);
            out.flush();
            return true;
        }
        switch (fault) {
            case SHORT_BODY, RESET -> {
                out.write(right.getBytes(StandardCharsets.US_ASCII));
                out.write(bytes, first, length / 2);
                out.flush();
                if (fault == Fault.RESET) {
                    socket.setSoLinger(true, 0);
                }
                return false;
            }
            case BUSY -> error(out, 503, "BUSY");
            case UNAVAILABLE -> error(out, 503, "UNAVAILABLE");
            case STALE -> error(out, 412, "STALE_VERSION");
            case HANG -> closed.await();
            case NOT_HTTP -> out.write("HELO there\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            case CHUNKED ->
                    out.write(
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            case WRONG_RANGE ->
                    out.write(
                            right.replace("bytes " + first, "bytes " + (first + 1))
                                    .getBytes(StandardCharsets.US_ASCII));
            case ENDLESS_HEAD ->
                    out.write(
                            ("HTTP/1.1 200 OK\r\nX: " + "x".repeat(20_000))
                                    .getBytes(StandardCharsets.US_ASCII));
            case CLOSE_AFTER -> {
                out.write(right.getBytes(StandardCharsets.US_ASCII));
                out.write(bytes, first, length);
                out.flush();
                return false;
            }
        }
        out.flush();
        return true;
    }

    private static void error(OutputStream out, int status, String code) throws IOException {
        String body = "{\"detail\":\"as the test wants it\",\"code\":\"" + code + "\"}";
        String head =
                "HTTP/1.1 "
                        + status
                        + " Error\r\n"
                        + DataPort.ERROR
                        + ": "
                        + code
                        + "\r\nContent-Length: "
                        + body.length()
                        + "\r\n\r\n";
        out.write((head + body).getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int end = 0;
        while (end != 4) {
            int b = in.read();
            if (b < 0) {
                return "";
            }
            head.write(b);
            end = b == "\r\n\r\n".charAt(end) ? end + 1 : b == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
