package io.millrace.block.dataport;

import io.millrace.block.fill.FileRead;
import io.millrace.block.fill.Filler;
import io.millrace.block.fill.Prefetches;
import io.millrace.cache.CachedFile;
import io.millrace.contracts.DataPort;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves {@link DataPort}. Event loops parse and write; opening, waiting and fetching happen on one
 * virtual thread for each request, so an event loop never waits for a disk or a bucket.
 */
public final class DataPortServer implements AutoCloseable {

    private static final Logger LOG = System.getLogger(DataPortServer.class.getName());
    private static final int PORT_ATTEMPTS = 5;
    private static final int MAX_HEADER_BYTES = 16 << 10;

    private final Filler filler;
    private final Prefetches prefetches;
    private final DataPortSettings settings;
    private final DataPortMeter meter;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final List<HttpServer> servers = new ArrayList<>();
    private volatile boolean stopping;
    private volatile int port;

    private DataPortServer(
            Filler filler, Prefetches prefetches, DataPortSettings settings, DataPortMeter meter) {
        this.filler = filler;
        this.prefetches = prefetches;
        this.settings = settings;
        this.meter = meter;
    }

    /**
     * Listens, with one listener for each of {@code eventLoops}.
     *
     * @throws MillraceException CONFLICT when the port is taken
     */
    public static DataPortServer start(
            Vertx vertx,
            int eventLoops,
            Filler filler,
            Prefetches prefetches,
            DataPortSettings settings,
            DataPortMeter meter) {
        DataPortServer server = new DataPortServer(filler, prefetches, settings, meter);
        for (int attempt = 1; ; attempt++) {
            int port = settings.port() == 0 ? freePort(settings.host()) : settings.port();
            try {
                for (int loop = 0; loop < eventLoops; loop++) {
                    server.listen(vertx, port);
                }
                server.port = port;
                return server;
            } catch (MillraceException e) {
                server.close();
                if (settings.port() != 0 || attempt == PORT_ATTEMPTS) {
                    throw e;
                }
                server.stopping = false;
            }
        }
    }

    private void listen(Vertx vertx, int port) {
        HttpServerOptions options =
                new HttpServerOptions()
                        .setHost(settings.host())
                        .setPort(port)
                        .setTcpNoDelay(true)
                        .setReuseAddress(true)
                        .setMaxHeaderSize(MAX_HEADER_BYTES)
                        .setIdleTimeout(Math.toIntExact(settings.idleTimeout().toMillis()))
                        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                        .setHandle100ContinueAutomatically(false);
        HttpServer server =
                vertx.createHttpServer(options)
                        .connectionHandler(connection -> {
                            if (connections.incrementAndGet() > settings.maxConnections()) {
                                connection.close();
                            }
                            connection.closeHandler(_ -> connections.decrementAndGet());
                        })
                        .requestHandler(this::handle);
        servers.add(server);
        try {
            await(server.listen(), Duration.ofSeconds(10));
        } catch (Exception e) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "data port "
                            + settings.host()
                            + ":"
                            + port
                            + " cannot be opened: "
                            + e.getMessage()
                            + "; set millrace.worker.data-port to a free one, or to 0",
                    e);
        }
    }

    private static int freePort(String host) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "no port of " + host + " can be opened: " + e.getMessage(),
                    e);
        }
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    /** Requests being served. */
    public int inFlight() {
        return inFlight.get();
    }

    private void handle(HttpServerRequest request) {
        if (stopping || inFlight.incrementAndGet() > settings.maxInFlight()) {
            if (!stopping) {
                inFlight.decrementAndGet();
            }
            refuse(
                    request.response(),
                    new MillraceException(
                            ErrorCode.BUSY,
                            stopping
                                    ? "the worker is stopping"
                                    : "more than "
                                            + settings.maxInFlight()
                                            + " requests are in flight"
                                            + " (millrace.worker.max-in-flight)"));
            return;
        }
        if (DataPort.PREFETCH.equals(request.path()) && request.method() == HttpMethod.POST) {
            prefetch(request);
            return;
        }
        FileRequest parsed;
        try {
            parsed = FileRequest.parse(request);
        } catch (MillraceException e) {
            inFlight.decrementAndGet();
            refuse(request.response(), e);
            return;
        }
        HttpServerResponse response = request.response();
        Thread.ofVirtual()
                .name("data-port")
                .start(() -> {
                    try {
                        serve(parsed, response);
                    } finally {
                        inFlight.decrementAndGet();
                    }
                });
    }

    /** Takes a hint, once its body is here. */
    private void prefetch(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (!PrefetchRequest.isSmall(request.getHeader("Content-Length"))) {
            inFlight.decrementAndGet();
            refuse(
                    response,
                    new MillraceException(
                            ErrorCode.INVALID_ARGUMENT,
                            "a prefetch request says its length, of at most "
                                    + PrefetchRequest.MAX_BYTES
                                    + " bytes"));
            return;
        }
        request.body()
                .onComplete((AsyncResult<Buffer> body) ->
                        Thread.ofVirtual()
                                .name("data-port")
                                .start(() -> {
                                    try {
                                        if (body.succeeded()) {
                                            prefetch(body.result(), response);
                                        }
                                    } finally {
                                        inFlight.decrementAndGet();
                                    }
                                }));
    }

    private void prefetch(Buffer body, HttpServerResponse response) {
        try {
            int taken = prefetches.offer(PrefetchRequest.parse(body.toString()).files());
            response.putHeader(DataPort.ACCEPTED, Integer.toString(taken))
                    .putHeader("Content-Length", "0")
                    .end();
        } catch (MillraceException e) {
            refuse(response, e);
        }
    }

    private void serve(FileRequest request, HttpServerResponse response) {
        try {
            if (request.headersOnly()) {
                serveHeaders(request, response);
            } else if (request.source().length() == 0) {
                Filler.checkName(request.version(), request.source());
                filler.load(request.version(), request.source(), ByteRange.whole(0));
                response.putHeader("Content-Length", "0").end();
            } else {
                serveBody(request, response);
            }
        } catch (MillraceException e) {
            refuse(response, e);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "data port request failed", e);
            refuse(
                    response,
                    new MillraceException(
                            ErrorCode.INTERNAL, "internal error; the worker's log says more", e));
        }
    }

    private void serveHeaders(FileRequest request, HttpServerResponse response) {
        Filler.checkName(request.version(), request.source());
        Optional<CachedFile> resident =
                filler.resident(request.version(), request.source().length());
        long bytes = 0;
        if (resident.isPresent()) {
            try (CachedFile file = resident.get()) {
                bytes = file.residentBytes();
            }
        }
        response.putHeader(DataPort.RESIDENT_BYTES, Long.toString(bytes))
                .putHeader("Accept-Ranges", "bytes")
                .putHeader("Content-Length", Long.toString(request.source().length()))
                .end();
    }

    /**
     * The first piece is waited for before anything is sent, so that most failures have a status.
     */
    private void serveBody(FileRequest request, HttpServerResponse response) {
        Filler.checkName(request.version(), request.source());
        BodyWriter writer = new BodyWriter(response, settings.windowBytes());
        if (request.suspected()) {
            filler.recheck(request.version(), request.source(), request.bytes());
        }
        FileRead read =
                filler.read(request.version(), request.source(), request.bytes(), request.origin());
        try {
            FileRead.Piece piece = read.next();
            putHeaders(request, response);
            if (request.checkedChunk().isPresent()) {
                int checksum = read.checksum(request.checkedChunk().get(), piece);
                response.putHeader(DataPort.CHECKSUM, HexFormat.of().toHexDigits(checksum));
            }
            if (!read.isHit()) {
                response.putHeader(DataPort.MISS, "1");
            }
            for (; ; ) {
                boolean last = !read.hasNext();
                if (!writer.write(piece, last ? BodyWriter.Last.YES : BodyWriter.Last.NO)) {
                    meter.broken();
                    return;
                }
                if (last) {
                    break;
                }
                piece = read.next();
            }
        } finally {
            writer.awaitAll();
            read.close();
        }
        meter.served(request.bytes().length());
    }

    private static void putHeaders(FileRequest request, HttpServerResponse response) {
        ByteRange bytes = request.bytes();
        if (request.range().isPresent()) {
            response.setStatusCode(206)
                    .putHeader(
                            "Content-Range",
                            "bytes "
                                    + bytes.offset()
                                    + "-"
                                    + (bytes.end() - 1)
                                    + "/"
                                    + request.source().length());
        }
        response.putHeader("Content-Length", Long.toString(bytes.length()));
    }

    /** Answers with a problem; where an answer has begun, breaks it off. */
    private void refuse(HttpServerResponse response, MillraceException e) {
        try {
            if (response.headWritten()) {
                meter.broken();
                response.reset();
                return;
            }
            meter.refused(e.code());
            response.headers().remove("Content-Range");
            response.headers().remove("Content-Length");
            response.setStatusCode(e.code().httpStatus())
                    .putHeader(DataPort.ERROR, e.code().name())
                    .putHeader("Content-Type", "application/problem+json")
                    .end(
                            new JsonObject()
                                    .put("type", e.code().problemType())
                                    .put("title", e.code().name())
                                    .put("status", e.code().httpStatus())
                                    .put("detail", e.getMessage())
                                    .put("code", e.code().name())
                                    .encode());
        } catch (IllegalStateException closed) {
            meter.broken();
        }
    }

    /** Refuses new requests, lets those under way end for a while, and closes. */
    public void stop(Duration grace) {
        stopping = true;
        long deadline = System.nanoTime() + grace.toNanos();
        while (inFlight.get() > 0 && System.nanoTime() < deadline) {
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        close();
    }

    @Override
    public void close() {
        stopping = true;
        for (HttpServer server : servers) {
            try {
                await(server.close(), Duration.ofSeconds(2));
            } catch (Exception e) {
                LOG.log(Level.WARNING, "data port not closed in time: {0}", e.getMessage());
            }
        }
        servers.clear();
    }

    private static <T> void await(Future<T> future, Duration limit) throws Exception {
        try {
            future.toCompletionStage()
                    .toCompletableFuture()
                    .get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
