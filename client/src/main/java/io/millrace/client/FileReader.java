package io.millrace.client;

import io.millrace.cache.ResidentFile;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open file: one version of one object. Reads from a cache directory on this host where the
 * bytes lie there, else from workers. Safe for many threads.
 *
 * <p>The monitor of this guards which cache file is open: at most one, opened when it first helps,
 * and kept until the end, where {@link KeptFiles} has room for it.
 */
public final class FileReader implements AutoCloseable {

    private static final Logger LOG = System.getLogger(FileReader.class.getName());

    private final RemoteReads.Subject subject;
    private final Cluster cluster;
    private final RemoteReads remote;
    private final ClientCounters counters;
    private final KeptFiles kept;
    private final ReadAhead readAhead;
    private volatile @Nullable ResidentFile local;
    private volatile boolean localFailed;
    private boolean closed;

    FileReader(
            RemoteReads.Subject subject,
            Cluster cluster,
            RemoteReads remote,
            ReadAhead.Budget budget,
            KeptFiles kept,
            ClientCounters counters) {
        this.subject = subject;
        this.cluster = cluster;
        this.remote = remote;
        this.counters = counters;
        this.kept = kept;
        this.readAhead = new ReadAhead(subject.source().length(), budget, this::fetch);
    }

    /** What is read. */
    public FileSource source() {
        return subject.source();
    }

    /** Where the bytes of one read go: to one of the two, the last that is called. */
    public interface Target {

        /** Memory to be filled: direct, of {@code bytes} bytes. */
        ByteBuffer buffer(int bytes);

        /**
         * Takes bytes that lie in memory already.
         *
         * @param release runs when they are not needed any more
         */
        void lend(List<ByteBuffer> parts, Runnable release);
    }

    /**
     * Reads if the bytes lie in memory or in a cache directory on this host.
     *
     * @return how many bytes, less than asked for only at the end of the file; -1: they do not, and
     *     what was written to target's buffer does not count
     */
    public int readIfNear(long offset, int size, Target target) {
        int bytes = bytesAt(offset, size);
        if (bytes == 0) {
            return 0;
        }
        ReadAhead.Loan loan = readAhead.lendIfHere(offset, bytes);
        if (loan != null) {
            target.lend(loan.parts(), loan.release());
            return bytes;
        }
        return readLocal(target.buffer(bytes), offset) ? bytes : -1;
    }

    /**
     * Reads, waiting for workers.
     *
     * @return how many bytes, less than asked for only at the end of the file
     * @throws MillraceException STALE_VERSION when the object has changed and its bytes are cached
     *     nowhere; UNAVAILABLE; INTERRUPTED
     */
    public int read(long offset, int size, Target target, Cancellation cancellation) {
        int near = readIfNear(offset, size, target);
        if (near >= 0) {
            return near;
        }
        int bytes = bytesAt(offset, size);
        ReadAhead.Loan loan = readAhead.lend(offset, bytes, cancellation);
        if (loan == null) {
            remote.read(subject, target.buffer(bytes), offset, Urgency.waitedFor(), cancellation);
        } else {
            target.lend(loan.parts(), loan.release());
        }
        return bytes;
    }

    /** As the other, into memory of the caller's. */
    public int read(ByteBuffer target, long offset, Cancellation cancellation) {
        int start = target.position();
        int bytes =
                read(
                        offset,
                        target.remaining(),
                        new Target() {
                            @Override
                            public ByteBuffer buffer(int length) {
                                return target.slice(start, length);
                            }

                            @Override
                            public void lend(List<ByteBuffer> parts, Runnable release) {
                                parts.forEach(target::put);
                                release.run();
                            }
                        },
                        cancellation);
        target.position(start + bytes);
        return bytes;
    }

    private int bytesAt(long offset, int size) {
        return (int) Math.max(0, Math.min(size, subject.source().length() - offset));
    }

    private void fetch(ByteBuffer target, long offset, Urgency urgency, Cancellation cancellation) {
        int start = target.position();
        if (!readLocal(target, offset)) {
            target.position(start);
            remote.read(subject, target, offset, urgency, cancellation);
        }
    }

    /** False: the bytes do not lie here; target's position is then undefined. */
    private boolean readLocal(ByteBuffer target, long offset) {
        ByteRange range = new ByteRange(offset, target.remaining());
        ResidentFile file = localWith(range);
        if (file != null) {
            return readFrom(file, range, target);
        }
        return local == null && !localFailed && kept.isFull() && readOnce(range, target);
    }

    private boolean readOnce(ByteRange range, ByteBuffer target) {
        try (ResidentFile file = openLocal()) {
            return file != null && file.isResident(range) && readFrom(file, range, target);
        }
    }

    private @Nullable ResidentFile openLocal() {
        return cluster.localCache().open(subject.version(), subject.source().length()).orElse(null);
    }

    private boolean readFrom(ResidentFile file, ByteRange range, ByteBuffer target) {
        try {
            file.read(target, range.offset());
            counters.localReads.increment();
            counters.localBytes.add(range.length());
            return true;
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "event=local_read_failed file=" + subject.version() + " reason=" + e);
            localFailed = true;
            return false;
        }
    }

    /** The open cache file if it holds {@code range}; opens one if none is open. */
    private @Nullable ResidentFile localWith(ByteRange range) {
        ResidentFile file = local;
        if (localFailed) {
            return null;
        }
        if (file != null && file.isResident(range)) {
            return file;
        }
        if (file != null) {
            // Its chunk table is live: what a worker adds shows up in it.
            return null;
        }
        synchronized (this) {
            if (closed) {
                return null;
            }
            if (local == null && kept.tryKeep()) {
                local = openLocal();
                if (local == null) {
                    kept.release();
                }
            }
            file = local;
        }
        return file != null && file.isResident(range) ? file : null;
    }

    /** Ends it. Nobody reads any more. */
    @Override
    public void close() {
        readAhead.close();
        synchronized (this) {
            ResidentFile open = closed ? null : local;
            closed = true;
            if (open != null) {
                open.close();
                kept.release();
            }
        }
    }

    /** For messages. */
    @Override
    public String toString() {
        return "reader of " + subject.version();
    }
}
