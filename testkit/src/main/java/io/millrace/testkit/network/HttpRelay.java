package io.millrace.testkit.network;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Relays HTTP/1.1 from a loopback port to a real server, byte for byte, and keeps the first line of
 * each request: the count of requests that a server saw, taken outside the program under test. Can
 * delay each answer by a latency, cut itself off, and let requests fail as servers and networks do.
 *
 * <p>Each connection has two virtual threads, one a direction. Requests carry a Content-Length or
 * no body.
 */
public final class HttpRelay implements AutoCloseable {

    private static final int MAX_HEAD_LINE = 64 << 10;

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile Duration latency = Duration.ZERO;
    private volatile boolean cut;
    private volatile Function<String, RelayFault> faults = _ -> new RelayFault.None();

    private HttpRelay(InetSocketAddress target, ServerSocket listener) {
        this.target = target;
        this.listener = listener;
    }

    /** Starts a relay to {@code target} on loopback; {@code port} 0 is any free one. */
    public static HttpRelay to(InetSocketAddress target, int port) throws IOException {
        ServerSocket listener = new ServerSocket(port, 512, InetAddress.getLoopbackAddress());
        HttpRelay relay = new HttpRelay(target, listener);
        Thread.ofVirtual().name("relay-accept").start(relay::accept);
        return relay;
    }

    /** Where clients connect. */
    public int port() {
        return listener.getLocalPort();
    }

    /**
     * First lines of all requests so far, in order of arrival: {@code GET /bucket/key HTTP/1.1}.
     */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** How many requests so far asked for an object's bytes: a GET of a path below a bucket. */
    public long objectGets() {
        return requests.stream().filter(HttpRelay::isObjectGet).count();
    }

    public void forgetRequests() {
        requests.clear();
    }

    /** Lets each request wait on its way to the server. */
    public void delayRequests(Duration by) {
        latency = by;
    }

    /** Decides by the first line of each request what happens to it. */
    public void failRequests(Function<String, RelayFault> chosen) {
        faults = chosen;
    }

    /** Ends all connections and refuses new ones until {@link #restore}. */
    public void cut() {
        cut = true;
        open.forEach(HttpRelay::closeQuietly);
    }

    public void restore() {
        cut = false;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open.forEach(HttpRelay::closeQuietly);
    }

    private static boolean isObjectGet(String requestLine) {
        if (!requestLine.startsWith("GET /")) {
            return false;
        }
        String path = requestLine.substring(5, requestLine.lastIndexOf(' '));
        int query = path.indexOf('?');
        String bare = query < 0 ? path : path.substring(0, query);
        int slash = bare.indexOf('/');
        return slash > 0 && slash < bare.length() - 1;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().name("relay").start(() -> relay(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void relay(Socket client) {
        try (client;
                Socket server = new Socket()) {
            if (cut) {
                return;
            }
            open.add(client);
            open.add(server);
            server.connect(target);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            Answers passing = new Answers(server, client);
            Thread answers = Thread.ofVirtual().name("relay-answers").start(passing::passOn);
            requests(client, server, passing);
            answers.join();
        } catch (IOException e) {
            // One side is gone: closing both tells the other.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(client);
        }
    }

    /** What comes back over one connection. */
    private final class Answers {

        private final Socket server;
        private final Socket client;

        /** Bytes that still pass before the connection is cut. */
        private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);

        Answers(Socket server, Socket client) {
            this.server = server;
            this.client = client;
        }

        void cutAfter(long bytes) {
            left.set(bytes);
        }

        void passOn() {
            byte[] part = new byte[64 << 10];
            try {
                InputStream in = server.getInputStream();
                OutputStream out = client.getOutputStream();
                for (int n; left.get() > 0 && (n = in.read(part)) >= 0; ) {
                    int passed = (int) Math.min(n, left.get());
                    out.write(part, 0, passed);
                    left.updateAndGet(now -> now == Long.MAX_VALUE ? now : now - passed);
                }
            } catch (IOException e) {
                // As above.
            } finally {
                closeQuietly(client);
                closeQuietly(server);
                open.remove(server);
            }
        }
    }

    private void requests(Socket client, Socket server, Answers answers) throws IOException {
        try {
            InputStream in = new BufferedInputStream(client.getInputStream(), 64 << 10);
            OutputStream out = server.getOutputStream();
            while (relayOne(in, out, client, answers)) {
                out.flush();
            }
        } finally {
            closeQuietly(client);
            closeQuietly(server);
        }
    }

    private boolean relayOne(InputStream in, OutputStream out, Socket client, Answers answers)
            throws IOException {
        StringBuilder head = new StringBuilder();
        String first = line(in);
        if (first.isEmpty()) {
            return false;
        }
        head.append(first);
        long bodyLength = 0;
        String header;
        while (!(header = line(in)).isBlank()) {
            head.append(header);
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                bodyLength = Long.parseLong(lower.substring(15).trim());
            }
        }
        head.append("\r\n");
        requests.add(first.trim());
        pause(latency);
        switch (faults.apply(first.trim())) {
            case RelayFault.None() -> {}
            case RelayFault.Delay(Duration by) -> pause(by);
            case RelayFault.CutAfter(long bytes) -> answers.cutAfter(bytes);
            case RelayFault.Reset() -> {
                client.setSoLinger(true, 0);
                return false;
            }
            case RelayFault.Answer answer -> {
                in.skipNBytes(bodyLength);
                client.getOutputStream().write(answer.bytes());
                client.getOutputStream().flush();
                return true;
            }
        }
        out.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        for (long left = bodyLength; left > 0; ) {
            byte[] part = in.readNBytes((int) Math.min(left, 64 << 10));
            if (part.length == 0) {
                return false;
            }
            out.write(part);
            left -= part.length;
        }
        return true;
    }

    private static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One line with its end; empty at the end of the stream. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int next;
        while ((next = in.read()) >= 0) {
            line.append((char) next);
            if (next == '\n') {
                return line.toString();
            }
            if (line.length() > MAX_HEAD_LINE) {
                throw new IOException("a header line is longer than " + MAX_HEAD_LINE + " bytes");
            }
        }
        return "";
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }
}
