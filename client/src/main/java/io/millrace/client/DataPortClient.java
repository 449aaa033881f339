package io.millrace.client;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Keeps connections to the data ports of workers, at most so many each, and reads ranges over them.
 * What nobody waits for, as read-ahead, has connections of its own, half as many, so that no read
 * that is waited for stands behind it.
 *
 * <p>A watchdog thread closes connections whose deadline has passed; that is how a read that hangs
 * ends.
 */
final class DataPortClient implements AutoCloseable {

    private static final Duration WATCH_PERIOD = Duration.ofMillis(100);
    private static final int MAX_PORTS = 4096;

    private final int connectionsPerWorker;
    private final Duration attemptTimeout;
    private final ConcurrentHashMap<Address, Port> ports = new ConcurrentHashMap<>();
    private final Set<DataConnection> active = ConcurrentHashMap.newKeySet();
    private final Thread watchdog;
    private volatile boolean closed;

    /** Where a data port is. */
    record Address(String host, int port) {}

    private static final class Port {
        final ConcurrentLinkedDeque<DataConnection> idle = new ConcurrentLinkedDeque<>();
        final ConnectionPermits waitedFor;
        final ConnectionPermits ahead;

        Port(int connections) {
            waitedFor = new ConnectionPermits(connections);
            ahead = new ConnectionPermits((connections + 1) / 2);
        }
    }

    DataPortClient(int connectionsPerWorker, Duration attemptTimeout) {
        this.connectionsPerWorker = connectionsPerWorker;
        this.attemptTimeout = attemptTimeout;
        this.watchdog =
                Thread.ofPlatform().daemon().name("data-port-watchdog").unstarted(this::watch);
    }

    void start() {
        watchdog.start();
    }

    /**
     * Reads {@code range} into {@code target}, which has room for just it. When it fails, target's
     * position says how much came.
     *
     * @param deadline of the whole read, on the clock of nanoTime
     * @param request as {@link DataRequest#forRange} made it, for {@code range}
     * @return what the worker says of the bytes
     * @throws MillraceException as the worker says; BUSY when all connections stay in use;
     *     INTERRUPTED
     * @throws IOException when the worker cannot be reached, sends nothing for the attempt timeout,
     *     or answers wrongly
     */
    DataConnection.Answer read(
            Address address,
            ByteBuffer request,
            ByteRange range,
            long length,
            ByteBuffer target,
            long deadline,
            Urgency urgency,
            Cancellation cancellation)
            throws IOException {
        Port port = port(address);
        ConnectionPermits permits = acquire(port, address, deadline, urgency, cancellation);
        try {
            return exchange(
                    port,
                    address,
                    deadline,
                    cancellation,
                    connection -> connection.read(request.duplicate(), range, length, target));
        } finally {
            permits.release();
        }
    }

    /**
     * Asks for files to be fetched ahead, unless all connections for what nobody waits for are in
     * use.
     *
     * @param request as {@link DataRequest#prefetch} made it
     * @return how many were taken, from the first on
     * @throws MillraceException as the worker says
     * @throws IOException when the worker cannot be reached, or answers wrongly
     */
    int prefetch(Address address, byte[] request) throws IOException {
        Port port = port(address);
        if (!port.ahead.tryAcquire()) {
            return 0;
        }
        try {
            return exchange(
                    port,
                    address,
                    System.nanoTime() + attemptTimeout.toNanos(),
                    new Cancellation(),
                    connection -> connection.prefetch(ByteBuffer.wrap(request)));
        } finally {
            port.ahead.release();
        }
    }

    /** One request and its answer. */
    @FunctionalInterface
    private interface Exchange<T> {
        T on(DataConnection connection) throws IOException;
    }

    private <T> T exchange(
            Port port,
            Address address,
            long deadline,
            Cancellation cancellation,
            Exchange<T> exchange)
            throws IOException {
        DataConnection idle = port.idle.pollFirst();
        if (idle != null) {
            try {
                return exchange(port, idle, deadline, cancellation, exchange);
            } catch (IOException e) {
                // The worker may have ended an idle connection: that says nothing of it.
                if (idle.hasAnswerBegun() || idle.isTimedOut()) {
                    throw e;
                }
                cancellation.check();
            }
        }
        DataConnection fresh = DataConnection.create();
        connect(fresh, address, deadline, cancellation);
        return exchange(port, fresh, deadline, cancellation, exchange);
    }

    private void connect(
            DataConnection connection, Address address, long deadline, Cancellation cancellation)
            throws IOException {
        connection.setDeadline(attemptEnd(deadline));
        active.add(connection);
        boolean connected = false;
        try (var _ = cancellation.onCancel(connection::close)) {
            connection.connect(new InetSocketAddress(address.host(), address.port()));
            connected = true;
        } finally {
            active.remove(connection);
            if (!connected) {
                connection.close();
            }
        }
    }

    private <T> T exchange(
            Port port,
            DataConnection connection,
            long deadline,
            Cancellation cancellation,
            Exchange<T> exchange)
            throws IOException {
        connection.setDeadline(attemptEnd(deadline));
        active.add(connection);
        try (var _ = cancellation.onCancel(connection::close)) {
            return exchange.on(connection);
        } finally {
            connection.setDeadline(Long.MAX_VALUE);
            active.remove(connection);
            if (connection.isReusable() && !closed) {
                port.idle.addFirst(connection);
            } else {
                connection.close();
            }
        }
    }

    private long attemptEnd(long deadline) {
        long attempt = System.nanoTime() + attemptTimeout.toNanos();
        return attempt - deadline < 0 ? attempt : deadline;
    }

    private Port port(Address address) {
        if (ports.size() > MAX_PORTS) {
            ports.values().forEach(DataPortClient::closeIdle);
            ports.clear();
        }
        return ports.computeIfAbsent(address, _ -> new Port(connectionsPerWorker));
    }

    private ConnectionPermits acquire(
            Port port, Address address, long deadline, Urgency urgency, Cancellation cancellation) {
        try {
            if (!urgency.isWaitedFor()) {
                if (port.ahead.tryAcquire()) {
                    return port.ahead;
                }
                if (urgency.putOff()) {
                    await(port.ahead, address, deadline, cancellation);
                    urgency.resume();
                    return port.ahead;
                }
            }
            await(port.waitedFor, address, deadline, cancellation);
            return port.waitedFor;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.INTERRUPTED, "interrupted", e);
        }
    }

    private static void await(
            ConnectionPermits permits, Address address, long deadline, Cancellation cancellation)
            throws InterruptedException {
        if (!permits.acquire(deadline - System.nanoTime(), cancellation)) {
            throw new MillraceException(
                    ErrorCode.BUSY,
                    "all connections to worker "
                            + address.host()
                            + ":"
                            + address.port()
                            + " stay in use (millrace.agent.connections-per-worker)");
        }
    }

    private void watch() {
        try {
            while (!closed) {
                Thread.sleep(WATCH_PERIOD);
                long now = System.nanoTime();
                active.forEach(connection -> connection.closeIfLate(now));
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private static void closeIdle(Port port) {
        for (DataConnection c = port.idle.poll(); c != null; c = port.idle.poll()) {
            c.close();
        }
    }

    @Override
    public void close() {
        closed = true;
        watchdog.interrupt();
        active.forEach(DataConnection::close);
        ports.values().forEach(DataPortClient::closeIdle);
    }
}
