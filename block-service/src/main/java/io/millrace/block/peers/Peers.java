package io.millrace.block.peers;

import io.millrace.block.cluster.ClusterView;
import io.millrace.client.ChunkReads;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockId;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Reads chunks from other workers, where those have them or are to fetch them. What fails here is
 * never a failure of the read: the under store is asked then. Safe for many threads.
 */
public final class Peers implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Peers.class.getName());

    /** So many chunks in a row that a worker's cache lacks, and it is asked for few of them. */
    private static final int MISSES = 64;

    /** One in so many. */
    private static final int SELDOM = 16;

    private final PeerChoice choice;
    private final PeerSettings settings;
    private final PeerMeter meter;
    private final PeerReads reads;
    private final LongSupplier nanoTime;
    private final Map<WorkerId, Long> suspectUntil = new ConcurrentHashMap<>();
    private final Map<WorkerId, AtomicInteger> misses = new ConcurrentHashMap<>();

    public Peers(ClusterView view, PeerSettings settings, PeerMeter meter, LongSupplier nanoTime) {
        this(
                view,
                settings,
                meter,
                nanoTime,
                new DataPortReads(new ChunkReads(settings.connections(), settings.timeout())));
    }

    /**
     * @param reads closed with this
     */
    public Peers(
            ClusterView view,
            PeerSettings settings,
            PeerMeter meter,
            LongSupplier nanoTime,
            PeerReads reads) {
        this.choice = new PeerChoice(view, settings.handover());
        this.settings = settings;
        this.meter = meter;
        this.nanoTime = nanoTime;
        this.reads = reads;
    }

    /**
     * Reads a chunk from whoever should have it.
     *
     * @param placedBy the block whose slot it lies in
     * @param target room for the chunk
     * @return false: nobody gave it, and {@code target} is undefined
     * @throws MillraceException STALE_VERSION when a worker has found the object changed
     */
    public boolean read(
            FileSource source, FileVersion version, BlockId placedBy, int chunk, byte[] target) {
        for (PeerChoice.Ask ask : choice.whom(placedBy, nanoTime.getAsLong())) {
            if (!isSuspect(ask.worker())
                    && isWorthAsking(ask)
                    && read(ask, source, version, chunk, target)) {
                misses.remove(ask.worker());
                return true;
            }
        }
        return false;
    }

    private boolean read(
            PeerChoice.Ask ask, FileSource source, FileVersion version, int chunk, byte[] target) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(target);
            reads.read(ask.address(), source, version, chunk, ask.origin(), bytes);
            meter.read(bytes.position());
            return true;
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.STALE_VERSION) {
                throw e;
            }
            if (e.code() == ErrorCode.CORRUPT) {
                meter.corrupt();
                LOG.log(Level.WARNING, "peer worker={0}: {1}", ask.worker(), e.getMessage());
            }
        } catch (IOException e) {
            suspectUntil.put(ask.worker(), nanoTime.getAsLong() + settings.suspectTime().toNanos());
            LOG.log(Level.WARNING, "peer worker={0} not read: {1}", ask.worker(), e.getMessage());
        }
        meter.refused();
        return false;
    }

    /** In a new cluster no cache has anything, and a load would ask for each chunk in vain. */
    private boolean isWorthAsking(PeerChoice.Ask ask) {
        if (ask.origin() == Origin.UNDER_STORE) {
            return true;
        }
        int missed =
                misses.computeIfAbsent(ask.worker(), _ -> new AtomicInteger()).incrementAndGet();
        return missed <= MISSES || missed % SELDOM == 0;
    }

    private boolean isSuspect(WorkerId worker) {
        Long until = suspectUntil.get(worker);
        if (until != null && until - nanoTime.getAsLong() <= 0) {
            suspectUntil.remove(worker, until);
            return false;
        }
        return until != null;
    }

    @Override
    public void close() {
        reads.close();
    }
}
