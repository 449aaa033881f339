package io.millrace.block.fill;

import io.millrace.block.mounts.MountTable;
import io.millrace.cache.CachedFile;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockId;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.understore.AdaptiveLimit;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One file in use: its cache file and the chunks on their way. {@link #lock} guards the flights,
 * and is not held while bytes are fetched or written.
 */
final class FileFill {

    /** Up to this, readers get the bytes as they came: to map the new file costs more. */
    private static final int READ_FROM_MEMORY = 256 << 10;

    /** Tries of one run in a row that bring nothing: the store's own retries come on top. */
    private static final int ATTEMPTS = 3;

    final FileSource source;
    final CachedFile cached;

    /** Guarded by the filler. */
    int users;

    private final Filler filler;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, Flight> flights = new HashMap<>();

    /** The cache had no room for a chunk: what nobody waits for is not fetched. */
    private volatile boolean passesThrough;

    FileFill(Filler filler, FileSource source, CachedFile cached) {
        this.filler = filler;
        this.source = source;
        this.cached = cached;
    }

    /**
     * Joins the flights of missing chunks from {@code first} on, starting them where there are
     * none: as many as one run holds. Each must be left.
     *
     * @return empty when {@code first} is resident by now
     */
    List<Flight> join(int first, int last, Urgency urgency, Origin origin) {
        List<Flight> joined = new ArrayList<>();
        FillRun started = null;
        lock.lock();
        try {
            int end = Math.min(last, runEnd(first));
            for (int chunk = first; chunk <= end && isMissing(chunk); chunk++) {
                Flight flight = flights.get(chunk);
                if (flight == null) {
                    if (started == null) {
                        started = newRun(chunk, end, urgency, origin);
                    }
                    flight = flights.get(chunk);
                    if (flight == null) {
                        break;
                    }
                } else if (flight.run.hurry(urgency)) {
                    filler.permits().reconsider();
                }
                flight.waiters++;
                joined.add(flight);
            }
        } finally {
            lock.unlock();
        }
        if (started != null) {
            start(started);
        }
        return joined;
    }

    /**
     * Starts runs for what is missing of some chunks, as long as requests are to be had. The last
     * run is as long as the others: small requests would cost more than they bring.
     *
     * @param end the last chunk that may be fetched
     */
    void fetchAhead(int first, int last, int end, Origin origin) {
        List<FillRun> runs = new ArrayList<>();
        AdaptiveLimit bucket = filler.mounts().find(source.mountId()).reads();
        lock.lock();
        try {
            for (int chunk = first; chunk <= last && !passesThrough; chunk++) {
                if (!filler.permits().hasRoom(bucket)) {
                    break;
                }
                if (isMissing(chunk) && !flights.containsKey(chunk)) {
                    FillRun run = newRun(chunk, Math.min(end, runEnd(chunk)), Urgency.READ, origin);
                    runs.add(run);
                    chunk = run.last;
                }
            }
        } finally {
            lock.unlock();
        }
        runs.forEach(this::start);
    }

    /** Runs end at multiples of their size, so that readers who begin anywhere share them. */
    private int runEnd(int chunk) {
        int size = filler.settings().runChunks();
        return (chunk / size + 1) * size - 1;
    }

    /** Whether something of {@code range} is to be fetched, as far as is known. */
    boolean lacksAny(ByteRange range) {
        for (int chunk = BlockLayout.chunkAt(range.offset());
                chunk <= BlockLayout.chunkAt(range.end() - 1);
                chunk++) {
            if (isMissing(chunk)) {
                return true;
            }
        }
        return false;
    }

    private boolean isMissing(int chunk) {
        return cached.isMissing(chunk);
    }

    private FillRun newRun(int first, int limit, Urgency urgency, Origin origin) {
        int last = first;
        while (last < limit && !flights.containsKey(last + 1) && isMissing(last + 1)) {
            last++;
        }
        FillRun run = new FillRun(first, last, urgency, origin);
        for (int chunk = first; chunk <= last; chunk++) {
            flights.put(chunk, new Flight(chunk, run));
        }
        return run;
    }

    private void start(FillRun run) {
        filler.use(this);
        filler.threads()
                .start(
                        "fill",
                        () -> {
                            try {
                                fetch(run);
                            } finally {
                                filler.release(this);
                            }
                        });
    }

    void leave(Flight flight) {
        Runnable giveBack = null;
        lock.lock();
        try {
            flight.waiters--;
            if (flight.waiters == 0) {
                giveBack = flight.giveBack;
                flight.giveBack = null;
            }
        } finally {
            lock.unlock();
        }
        if (giveBack != null) {
            giveBack.run();
        }
    }

    private void fetch(FillRun run) {
        int next = run.first;
        try {
            next = fetchFromPeers(run);
            if (next > run.last) {
                return;
            }
            MountTable.Mounted mounted = filler.mounts().find(source.mountId());
            GetPermits.Permit permit =
                    filler.permits()
                            .take(
                                    new GetPermits.Request(
                                            mounted.reads(), source.mountId(), run::urgency),
                                    filler.settings().timeout());
            try {
                int attempts = 0;
                while (next <= run.last) {
                    int reached = fetchOnce(mounted, next, run.last);
                    attempts = reached > next ? 1 : attempts + 1;
                    next = reached;
                    if (next <= run.last && attempts >= ATTEMPTS) {
                        throw new MillraceException(
                                ErrorCode.IO_ERROR,
                                "object "
                                        + source.key()
                                        + " broke off "
                                        + ATTEMPTS
                                        + " times in chunk "
                                        + next);
                    }
                }
            } finally {
                filler.permits().give(permit);
            }
        } catch (MillraceException e) {
            fail(run, staleWhenGone(e));
        } catch (RuntimeException | Error e) {
            fail(run, e);
        }
    }

    /** The first chunk that no other worker gave. */
    private int fetchFromPeers(FillRun run) {
        int next = run.first;
        boolean given = run.origin == Origin.CLUSTER;
        while (given && next <= run.last) {
            int size = (int) BlockLayout.chunkRange(next, source.length()).length();
            byte[] buffer = filler.buffers().take(size);
            given = false;
            try {
                given = filler.peers().read(source, cached.version(), placedBy(next), next, buffer);
            } finally {
                if (!given) {
                    filler.buffers().give(buffer, size);
                }
            }
            if (given) {
                land(next, buffer, size);
                next++;
            }
        }
        return next;
    }

    private BlockId placedBy(int chunk) {
        BlockLayout layout = filler.mounts().find(source.mountId()).layout();
        long offset = BlockLayout.chunkRange(chunk, source.length()).offset();
        return layout.placedBy(cached.version(), layout.blockAt(offset), source.length());
    }

    /** Makes one request; the first chunk it did not bring. */
    private int fetchOnce(MountTable.Mounted mounted, int first, int last) {
        int next = first;
        ByteRange range =
                ByteRange.between(
                        BlockLayout.chunkRange(first, source.length()).offset(),
                        BlockLayout.chunkRange(last, source.length()).end());
        filler.meter().request();
        try (InputStream in = mounted.store().read(source.key(), source.objectVersion(), range)) {
            while (next <= last) {
                int size = (int) BlockLayout.chunkRange(next, source.length()).length();
                byte[] buffer = filler.buffers().take(size);
                boolean landed = false;
                try {
                    if (in.readNBytes(buffer, 0, size) < size) {
                        throw new EOFException("the object ended too early");
                    }
                    land(next, buffer, size);
                    landed = true;
                } finally {
                    if (!landed) {
                        filler.buffers().give(buffer, size);
                    }
                }
                filler.meter().fetched(size);
                next++;
            }
        } catch (IOException e) {
            filler.log(source, "broke off in chunk " + next + ": " + e.getMessage());
        }
        return next;
    }

    private void land(int chunk, byte[] buffer, int size) {
        boolean resident =
                filler.admission().take(source, size)
                        && cached.put(chunk, ByteBuffer.wrap(buffer, 0, size))
                                == CachedFile.Put.STORED;
        boolean keep = false;
        Flight flight;
        lock.lock();
        try {
            flight = flights.remove(chunk);
            passesThrough |= !resident;
            if (flight != null && flight.waiters > 0) {
                keep = !resident || size <= READ_FROM_MEMORY;
                flight.giveBack = keep ? () -> filler.buffers().give(buffer, size) : null;
            }
        } finally {
            lock.unlock();
        }
        if (!resident) {
            filler.meter().uncached(size);
        }
        if (!keep) {
            filler.buffers().give(buffer, size);
        }
        if (flight != null) {
            flight.land(
                    resident && !keep
                            ? new Flight.Landing.Resident()
                            : new Flight.Landing.InMemory(
                                    ByteBuffer.wrap(buffer, 0, size).asReadOnlyBuffer(), resident));
        }
    }

    private void fail(FillRun run, Throwable cause) {
        if (cause instanceof MillraceException e && e.code() == ErrorCode.STALE_VERSION) {
            filler.cache().drop(cached.version());
        }
        List<Flight> failed = new ArrayList<>();
        lock.lock();
        try {
            for (int chunk = run.first; chunk <= run.last; chunk++) {
                Flight flight = flights.get(chunk);
                if (flight != null && flight.run == run) {
                    flights.remove(chunk);
                    failed.add(flight);
                }
            }
        } finally {
            lock.unlock();
        }
        filler.meter().failed();
        filler.log(source, "not fetched: " + cause.getMessage());
        failed.forEach(flight -> flight.fail(cause));
    }

    /** An object that is gone is no longer at the version that was asked for. */
    private MillraceException staleWhenGone(MillraceException e) {
        return e.code() == ErrorCode.NOT_FOUND
                ? new MillraceException(ErrorCode.STALE_VERSION, e.getMessage(), e)
                : e;
    }
}
