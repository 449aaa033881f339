package io.millrace.bench;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * A bucket far away: passes TCP on to a server nearby, and lets what a client sends arrive one
 * round trip late; a new connection takes one more, as its handshake would.
 *
 * <p>Answers pass at once, since a client cannot tell which way its round trip was spent. What is
 * on its way does not hold up what follows: bandwidth is not limited. Each connection has three
 * virtual threads: one takes what the client sends, one passes it on when it is due, one passes
 * answers back.
 */
final class DelayingProxy implements Closeable {

    private static final int REQUEST_BYTES = 16 << 10;
    private static final int ANSWER_BYTES = 256 << 10;

    /** Pieces of requests under way on one connection: more than a client without pipelining. */
    private static final int UNDER_WAY = 256;

    private final ServerSocketChannel listener;
    private final InetSocketAddress target;
    private final long delayNanos;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final LongAdder connections = new LongAdder();

    /** What a client sent; empty: it sends no more. */
    private record Sent(ByteBuffer bytes, long dueNanos) {}

    DelayingProxy(InetSocketAddress target, Duration roundTrip) throws IOException {
        this.target = target;
        this.delayNanos = roundTrip.toNanos();
        this.listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
        Thread.ofVirtual().name("proxy-accept").start(this::accept);
    }

    int port() {
        return listener.socket().getLocalPort();
    }

    /** Connections made since the start. */
    long connections() {
        return connections.sum();
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel client = listener.accept();
                connections.increment();
                Thread.ofVirtual().name("proxy").start(() -> pass(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void pass(SocketChannel client) {
        long connected = System.nanoTime() + delayNanos;
        open.add(client);
        try (client;
                SocketChannel server = SocketChannel.open(target)) {
            open.add(server);
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            server.setOption(StandardSocketOptions.TCP_NODELAY, true);
            BlockingQueue<Sent> underWay = new ArrayBlockingQueue<>(UNDER_WAY);
            Thread.ofVirtual().name("proxy-requests").start(() -> deliver(underWay, server));
            Thread.ofVirtual().name("proxy-answers").start(() -> answers(server, client));
            take(client, connected, underWay);
            open.remove(server);
        } catch (IOException e) {
            // One side is gone: closing both tells the other.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(client);
        }
    }

    private void take(SocketChannel client, long connected, BlockingQueue<Sent> underWay)
            throws IOException, InterruptedException {
        try {
            while (true) {
                ByteBuffer piece = ByteBuffer.allocate(REQUEST_BYTES);
                if (client.read(piece) < 0) {
                    return;
                }
                long now = System.nanoTime();
                underWay.put(
                        new Sent(
                                piece.flip(),
                                (now - connected > 0 ? now : connected) + delayNanos));
            }
        } finally {
            underWay.put(new Sent(ByteBuffer.allocate(0), System.nanoTime() + delayNanos));
        }
    }

    private static void deliver(BlockingQueue<Sent> underWay, SocketChannel server) {
        try (server) {
            for (Sent next = underWay.take(); ; next = underWay.take()) {
                TimeUnit.NANOSECONDS.sleep(next.dueNanos() - System.nanoTime());
                if (!next.bytes().hasRemaining()) {
                    return;
                }
                write(next.bytes(), server);
            }
        } catch (IOException e) {
            // As in pass.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answers(SocketChannel server, SocketChannel client) {
        try (server;
                client) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(ANSWER_BYTES);
            while (server.read(buffer) >= 0) {
                write(buffer.flip(), client);
                buffer.clear();
            }
        } catch (IOException e) {
            // As in pass.
        }
    }

    private static void write(ByteBuffer bytes, SocketChannel channel) throws IOException {
        while (bytes.hasRemaining()) {
            var _ = channel.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (SocketChannel channel : open) {
            channel.close();
        }
    }
}
