package io.millrace.block.fill;

import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a range of a file, chunk by chunk, fetching what is missing. {@link #next} belongs
 * to one thread. Pieces stay valid until they are released, and all until this is closed.
 */
public final class FileRead implements AutoCloseable {

    /**
     * Bytes at the reader's position.
     *
     * @param bytes read-only; direct when they are a view of the cache file
     * @param cached whether the cache has them
     */
    public record Piece(ByteBuffer bytes, boolean cached, Runnable release) {}

    /** A disk that has spoilt a chunk so often since it came will spoil it again. */
    private static final int FETCHES = 3;

    private final Filler filler;
    private final FileFill fill;
    private final ByteRange range;
    private final Urgency urgency;
    private final Origin origin;
    private final boolean hit;
    private final boolean lacked;
    private final ArrayDeque<Flight> joined = new ArrayDeque<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private long position;
    private boolean fetched;

    FileRead(Filler filler, FileFill fill, ByteRange range, Urgency urgency, Origin origin) {
        this.origin = origin;
        this.filler = filler;
        this.fill = fill;
        this.range = range;
        this.urgency = urgency;
        this.position = range.offset();
        this.hit = fill.cached.isResident(range);
        this.lacked = !hit && fill.lacksAny(range);
    }

    /** Whether all bytes were in the cache when the pass began. */
    public boolean isHit() {
        return hit;
    }

    /** Whether nothing of the file is left to be fetched. */
    boolean isOfCompleteFile() {
        return fill.cached.isComplete();
    }

    /** Whether bytes were missing when the pass began, or have been found wrong since. */
    boolean lackedBytes() {
        return lacked || fetched;
    }

    /** Where the next piece begins. */
    long position() {
        return position;
    }

    public boolean hasNext() {
        return position < range.end();
    }

    /**
     * The next bytes, waiting for them where they are missing.
     *
     * @throws MillraceException STALE_VERSION when the object has changed; what the under store
     *     threw; DEADLINE_EXCEEDED, BUSY; CORRUPT when the disk spoils what is written
     */
    public Piece next() {
        int chunk = BlockLayout.chunkAt(position);
        for (int landings = 0; landings <= FETCHES; landings++) {
            Flight flight = flightOf(chunk, Trust.CHECK);
            Piece piece = flight == null ? resident(chunk) : land(flight);
            if (piece != null) {
                return piece;
            }
        }
        throw new MillraceException(
                ErrorCode.CORRUPT,
                "the cache's disk has spoilt chunk "
                        + chunk
                        + " of "
                        + fill.source.key()
                        + " "
                        + FETCHES
                        + " times");
    }

    /**
     * Goes past the next chunk once it has come, without looking at its bytes; otherwise as {@link
     * #next}.
     *
     * @param gate is asked before a request is made
     * @return whether the cache has it
     */
    boolean pass(LoadGate gate) {
        int chunk = BlockLayout.chunkAt(position);
        if (joined.isEmpty() && fill.cached.isMissing(chunk)) {
            gate.request(
                    Math.min(
                            range.end() - position,
                            (long) filler.settings().runChunks() * BlockLayout.CHUNK_BYTES));
        }
        Flight flight = flightOf(chunk, Trust.BELIEVE);
        if (flight == null) {
            advance(chunk);
            return true;
        }
        try {
            boolean cached = flight.await(filler.settings().timeout(), gate).isCached();
            advance(chunk);
            return cached;
        } finally {
            fill.leave(flight);
        }
    }

    /** Whether what is cached is believed, or checked against its checksum. */
    private enum Trust {
        BELIEVE,
        CHECK
    }

    private boolean isThere(int chunk, Trust trust) {
        return switch (trust) {
            case BELIEVE -> fill.cached.verify(chunk);
            case CHECK -> fill.cached.isRight(part(chunk));
        };
    }

    /** What brings a chunk, starting it where nothing does yet; null: the chunk is resident. */
    private @Nullable Flight flightOf(int chunk, Trust trust) {
        for (; ; ) {
            Flight first = joined.peekFirst();
            if (first != null && first.chunk == chunk) {
                fetched = true;
                return joined.pollFirst();
            }
            if (isThere(chunk, trust)) {
                return null;
            }
            leaveJoined();
            joined.addAll(fill.join(chunk, BlockLayout.chunkAt(range.end() - 1), urgency, origin));
        }
    }

    /** Null: the chunk is resident, and to be checked like any other, for that may be long ago. */
    private @Nullable Piece land(Flight flight) {
        boolean kept = false;
        try {
            switch (flight.await(filler.settings().timeout())) {
                case Flight.Landing.Resident() -> {
                    return null;
                }
                case Flight.Landing.InMemory(ByteBuffer bytes, boolean cached) -> {
                    ByteRange part = advance(flight.chunk);
                    long start = BlockLayout.chunkRange(flight.chunk, length()).offset();
                    kept = true;
                    return new Piece(
                            bytes.slice((int) (part.offset() - start), (int) part.length()),
                            cached,
                            () -> fill.leave(flight));
                }
            }
        } finally {
            if (!kept) {
                fill.leave(flight);
            }
        }
    }

    private Piece resident(int chunk) {
        ByteRange part = advance(chunk);
        try {
            return new Piece(fill.cached.slice(part.offset(), (int) part.length()), true, () -> {});
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "cached bytes of " + fill.source.key() + " cannot be read: " + e.getMessage(),
                    e);
        }
    }

    /**
     * The CRC32C of a piece that is a whole chunk: of cached bytes as they were when they came, so
     * that it tells when the disk has changed them since.
     *
     * @param chunk the piece's
     */
    public int checksum(int chunk, Piece piece) {
        if (!piece.cached()) {
            CRC32C checksum = new CRC32C();
            checksum.update(piece.bytes().duplicate());
            return (int) checksum.getValue();
        }
        try {
            return fill.cached.checksum(chunk);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "the checksum of " + fill.source.key() + " cannot be read: " + e.getMessage(),
                    e);
        }
    }

    private ByteRange advance(int chunk) {
        ByteRange part = part(chunk);
        position = part.end();
        return part;
    }

    private ByteRange part(int chunk) {
        return ByteRange.between(
                position, Math.min(range.end(), BlockLayout.chunkRange(chunk, length()).end()));
    }

    private long length() {
        return fill.source.length();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            leaveJoined();
            filler.release(fill);
        }
    }

    private void leaveJoined() {
        while (!joined.isEmpty()) {
            fill.leave(joined.pollFirst());
        }
    }
}
