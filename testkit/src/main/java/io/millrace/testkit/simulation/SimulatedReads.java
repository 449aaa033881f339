package io.millrace.testkit.simulation;

import io.millrace.block.fill.FileRead;
import io.millrace.cache.CachedFile;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What users ask of workers, and whether the answers are right. */
final class SimulatedReads {

    private static final CacheClass PINNED =
            new CacheClass(null, 99, 1, CacheClass.Protection.PINNED);

    private final Random random;
    private final SimulatedThreads threads;
    private final SimulatedStore store;
    private final Trace trace;
    private final List<Request> unfinished = new ArrayList<>();
    private long begun;
    private long failed;
    private long lost;

    /** Whether a failure may be for what is failing. */
    enum Demand {
        USUAL,
        /** Nothing fails: it must succeed. */
        MUST_SUCCEED
    }

    private record Request(long number, SimulatedWorker worker, String what, Demand demand) {
        @Override
        public String toString() {
            return worker.process() + " #" + number + " " + what;
        }
    }

    SimulatedReads(Random random, SimulatedThreads threads, SimulatedStore store, Trace trace) {
        this.random = random;
        this.threads = threads;
        this.store = store;
        this.trace = trace;
    }

    void read(SimulatedWorker worker, SimulatedObject object, ByteRange range, Demand demand) {
        if (range.isEmpty()) {
            load(worker, object, range, demand);
        } else {
            begin(
                    worker,
                    object,
                    "read " + object + range,
                    demand,
                    () -> {
                        read(worker, object, range);
                        return "";
                    });
        }
    }

    void load(SimulatedWorker worker, SimulatedObject object, ByteRange range, Demand demand) {
        begin(
                worker,
                object,
                "load " + object + range,
                demand,
                () -> worker.filler().load(object.version(), object.source(), range).toString());
    }

    /** Loads a file and pins it, if it is still there then. */
    void pin(SimulatedWorker worker, SimulatedObject object) {
        begin(
                worker,
                object,
                "pin " + object,
                Demand.USUAL,
                () -> {
                    var _ = worker.filler().load(object.version(), object.source(), object.whole());
                    int length = object.content().length;
                    try (CachedFile file = worker.cache().open(object.version(), length, PINNED)) {
                        for (int wait = 0;
                                wait < 20 && !file.isComplete() && !file.isDropped();
                                wait++) {
                            threads.sleep(worker.process(), 10_000_000L);
                        }
                        if (file.isComplete() && !file.isDropped()) {
                            worker.pinned().put(object.version(), (long) length);
                            return "pinned";
                        }
                        return "not complete, or gone before it was pinned";
                    }
                });
    }

    /** Asks; the text is how it ended. */
    private interface Asking {
        String ask();
    }

    private void begin(
            SimulatedWorker worker,
            SimulatedObject object,
            String what,
            Demand demand,
            Asking asking) {
        Request request = new Request(++begun, worker, what, demand);
        trace.add(request.toString());
        unfinished.add(request);
        threads.start(
                worker.process(),
                "request",
                () -> {
                    try {
                        String result = asking.ask();
                        worker.process().checkAlive();
                        trace.add(request + " done " + result);
                    } catch (MillraceException e) {
                        worker.process().checkAlive();
                        failed++;
                        trace.add(request + " failed " + e.code());
                        if (!isAllowed(request, object, e.code())) {
                            trace.violated(
                                    request
                                            + " failed for no reason: "
                                            + e.code()
                                            + " "
                                            + e.getMessage());
                        }
                    }
                    unfinished.remove(request);
                });
    }

    private void read(SimulatedWorker worker, SimulatedObject object, ByteRange range) {
        SimulatedDisk disk = worker.disk();
        try (FileRead read =
                worker.filler().read(object.version(), object.source(), range, Origin.CLUSTER)) {
            long at = range.offset();
            while (read.hasNext()) {
                int flips = disk.flips();
                FileRead.Piece piece = read.next();
                try {
                    check(worker, object, at, piece, flips);
                    for (int i = random.nextInt(3); i > 0; i--) {
                        threads.pause(worker.process());
                    }
                    check(worker, object, at, piece, flips);
                } finally {
                    piece.release().run();
                }
                at += piece.bytes().remaining();
            }
            trace.check(at == range.end(), "a read of " + object + range + " ended at " + at);
        }
    }

    /** What the disk spoils after it was checked, or written, is not to be seen in time. */
    private void check(
            SimulatedWorker worker,
            SimulatedObject object,
            long at,
            FileRead.Piece piece,
            int flips) {
        if (worker.disk().flips() == flips) {
            trace.check(
                    object.has(at, piece.bytes()),
                    worker.process() + " served wrong bytes of " + object + " at " + at);
        }
    }

    private boolean isAllowed(Request request, SimulatedObject object, ErrorCode code) {
        return switch (code) {
            case STALE_VERSION -> !store.isCurrent(object) || store.hasLied(object.key());
            case NO_SPACE -> !request.what().startsWith("read");
            case BUSY, UNAVAILABLE, IO_ERROR ->
                    request.demand() == Demand.USUAL && store.hasFailed(object.key());
            default -> false;
        };
    }

    /** The requests at a worker that is gone end with it. */
    void lost(SimulatedWorker worker) {
        long before = unfinished.size();
        unfinished.removeIf(request -> request.worker() == worker);
        lost += before - unfinished.size();
    }

    /** Everybody who could go on has: whoever still waits, waits for ever. */
    void checkAllEnded() {
        if (!unfinished.isEmpty()) {
            trace.violated(unfinished.getFirst() + " does not end");
        }
    }

    long begun() {
        return begun;
    }

    long failed() {
        return failed;
    }

    long lost() {
        return lost;
    }
}
