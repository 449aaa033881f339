package io.millrace.testkit.simulation;

import io.millrace.block.cluster.ClusterView;
import io.millrace.block.fill.FileRead;
import io.millrace.block.fill.Filler;
import io.millrace.block.peers.PeerReads;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What lies between workers: late, cut between two of them, breaking off half way, spoiling bytes.
 * A request runs on a thread of the worker that is asked, as the data port would serve it; the HTTP
 * between them is not simulated.
 */
final class SimulatedNetwork {

    private static final long MILLI = 1_000_000L;
    private static final long TIMEOUT = 5_000 * MILLI;

    private final Random random;
    private final SimulatedThreads threads;
    private final Trace trace;
    private final Defect defect;
    private final Function<String, @Nullable SimulatedWorker> workers;
    private final Set<String> cuts = new HashSet<>();
    private double faultRate;

    /** An answer: a chunk and what its checksum should be, or why there is none. */
    private record Answer(byte[] bytes, int checksum, @Nullable Throwable failure) {}

    /**
     * @param workers that are alive, by their names
     */
    SimulatedNetwork(
            Random random,
            SimulatedThreads threads,
            Trace trace,
            Defect defect,
            Function<String, @Nullable SimulatedWorker> workers) {
        this.random = random;
        this.threads = threads;
        this.trace = trace;
        this.defect = defect;
        this.workers = workers;
    }

    /** Which part of the answers goes wrong from now on, 0 to 1. */
    void failing(double rate) {
        faultRate = rate;
    }

    void cut(String from, String to) {
        cuts.add(from + " " + to);
    }

    void calm() {
        faultRate = 0;
        cuts.clear();
    }

    /** How a process of the worker {@code self} reads from others. */
    PeerReads readsOf(SimulatedProcess process, String self) {
        return new PeerReads() {
            @Override
            public void read(
                    ClusterView.Address worker,
                    FileSource source,
                    FileVersion version,
                    int chunk,
                    Origin origin,
                    ByteBuffer target)
                    throws IOException {
                for (boolean suspected : new boolean[] {false, true}) {
                    byte[] bytes =
                            ask(
                                    process,
                                    self,
                                    worker.host(),
                                    new Request(source, version, chunk, origin, suspected));
                    if (bytes != null) {
                        target.put(bytes);
                        return;
                    }
                }
                throw new MillraceException(ErrorCode.CORRUPT, "a wrong checksum twice");
            }

            @Override
            public void close() {}
        };
    }

    private record Request(
            FileSource source, FileVersion version, int chunk, Origin origin, boolean suspected) {}

    /** Null: the checksum is wrong. */
    private byte @Nullable [] ask(SimulatedProcess process, String from, String to, Request request)
            throws IOException {
        threads.sleep(process, MILLI * random.nextInt(20));
        SimulatedWorker worker = workers.apply(to);
        if (worker == null || cuts.contains(from + " " + to)) {
            trace.add(process + " cannot reach " + to);
            throw new IOException("connection refused");
        }
        CompletableFuture<Optional<Answer>> answer = new CompletableFuture<>();
        SimulatedProcess server = worker.process();
        threads.start(
                server, "data-port", () -> answer.complete(Optional.of(serve(worker, request))));
        CompletableFuture<Void> timeout = threads.after(TIMEOUT);
        var _ = timeout.thenRun(() -> answer.complete(Optional.empty()));
        Optional<Answer> heard = threads.await(process, answer);
        if (heard.isEmpty()) {
            trace.add(process + " hears nothing from " + to);
            throw new IOException("no answer in time");
        }
        Answer come = heard.get();
        if (come.failure() instanceof MillraceException known) {
            throw new MillraceException(known.code(), known.getMessage(), known);
        }
        return arrive(process, to, request, come);
    }

    private byte @Nullable [] arrive(
            SimulatedProcess process, String to, Request request, Answer come) throws IOException {
        byte[] bytes = come.bytes();
        if (random.nextDouble() < faultRate) {
            if (random.nextBoolean()) {
                trace.add(process + " is cut off from " + to + " half way");
                throw new IOException("connection reset");
            }
            trace.add(process + " gets spoilt bytes from " + to);
            bytes[random.nextInt(bytes.length)] ^= 1;
        }
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        if (defect == Defect.NETWORK_SPOILS_CHECKED_BYTES) {
            bytes[random.nextInt(bytes.length)] ^= 1;
        }
        boolean right = (int) checksum.getValue() == come.checksum();
        trace.add(
                process
                        + " from "
                        + to
                        + " chunk "
                        + request.chunk()
                        + " of "
                        + request.source().key()
                        + " "
                        + right);
        return right ? bytes : null;
    }

    /** As the data port serves a chunk. */
    private static Answer serve(SimulatedWorker worker, Request request) {
        Filler filler = worker.filler();
        ByteRange range = BlockLayout.chunkRange(request.chunk(), request.source().length());
        byte[] bytes = new byte[(int) range.length()];
        try {
            Filler.checkName(request.version(), request.source());
            if (request.suspected()) {
                filler.recheck(request.version(), request.source(), range);
            }
            try (FileRead read =
                    filler.read(request.version(), request.source(), range, request.origin())) {
                FileRead.Piece piece = read.next();
                int checksum = read.checksum(request.chunk(), piece);
                piece.bytes().duplicate().get(bytes);
                piece.release().run();
                return new Answer(bytes, checksum, null);
            }
        } catch (MillraceException e) {
            return new Answer(bytes, 0, e);
        }
    }
}
