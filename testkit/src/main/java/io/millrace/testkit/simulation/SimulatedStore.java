package io.millrace.testkit.simulation;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.understore.AttemptListener;
import io.millrace.understore.AttemptListener.Pressure;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A bucket in memory: versions, overwrites and deletes, and a store that throttles, fails, is late,
 * breaks off, and says that an object has changed when it has not.
 */
final class SimulatedStore {

    private static final long SECOND = 1_000_000_000L;

    private final Random random;
    private final SimulatedThreads threads;
    private final Trace trace;
    private final Defect defect;
    private final Map<String, SimulatedObject> current = new LinkedHashMap<>();
    private final Map<FileVersion, SimulatedObject> all = new LinkedHashMap<>();
    private final Set<String> faulted = new HashSet<>();
    private final Set<String> lied = new HashSet<>();
    private double faultRate;
    private int versions;
    private long requests;

    SimulatedStore(Random random, SimulatedThreads threads, Trace trace, Defect defect) {
        this.random = random;
        this.threads = threads;
        this.trace = trace;
        this.defect = defect;
    }

    SimulatedObject put(String key, int length) {
        SimulatedObject object = SimulatedObject.of(key, ++versions, length);
        current.put(key, object);
        all.put(object.version(), object);
        return object;
    }

    void delete(String key) {
        current.remove(key);
    }

    @Nullable SimulatedObject current(String key) {
        return current.get(key);
    }

    /** Every version there ever was. */
    Map<FileVersion, SimulatedObject> all() {
        return all;
    }

    boolean isCurrent(SimulatedObject object) {
        return current.get(object.key()) == object;
    }

    /** Which part of the requests fails from now on, 0 to 1. */
    void failing(double rate) {
        faultRate = rate;
    }

    /** All is well: what fails from here on fails for no reason. */
    void calm() {
        faultRate = 0;
        faulted.clear();
        lied.clear();
    }

    /** Whether requests for {@code key} have failed since it was calm. */
    boolean hasFailed(String key) {
        return faulted.contains(key);
    }

    /** Whether it was said of {@code key} that it has changed, when it had not. */
    boolean hasLied(String key) {
        return lied.contains(key);
    }

    long requests() {
        return requests;
    }

    /** The store as one process sees it. */
    UnderStore seenBy(SimulatedProcess process, AttemptListener attempts) {
        return new Seen(process, attempts);
    }

    private enum Fault {
        THROTTLE,
        UNAVAILABLE,
        IO_ERROR,
        LATE,
        BREAK,
        SHORT,
        STALE,
        GONE
    }

    private final class Seen implements UnderStore {

        private final SimulatedProcess process;
        private final AttemptListener attempts;

        Seen(SimulatedProcess process, AttemptListener attempts) {
            this.process = process;
            this.attempts = attempts;
        }

        @Override
        public Optional<ObjectStatus> stat(String key) {
            return Optional.ofNullable(current.get(key))
                    .map(object ->
                            new ObjectStatus(
                                    key,
                                    object.source().objectVersion(),
                                    object.content().length,
                                    Instant.EPOCH));
        }

        @Override
        public ListPage list(
                String prefix, Depth depth, @Nullable String continuation, int maxKeys) {
            throw new UnsupportedOperationException("workers do not list");
        }

        @Override
        public InputStream read(String key, String objectVersion, ByteRange range) {
            requests++;
            threads.pause(process);
            Fault fault = fault();
            trace.add(process + " get " + key + "@" + objectVersion + range + " " + fault);
            if (fault != null) {
                faulted.add(key);
                before(fault, key);
            }
            attempts.onAttempt(Verb.READ, Pressure.NONE);
            if (defect == Defect.STORE_NEVER_ANSWERS && random.nextInt(10) == 0) {
                threads.await(process, new CompletableFuture<Void>());
            }
            SimulatedObject object = current.get(key);
            if (object == null) {
                throw new MillraceException(ErrorCode.NOT_FOUND, key + " is gone");
            }
            if (defect != Defect.STORE_IGNORES_VERSION
                    && !object.source().objectVersion().equals(objectVersion)) {
                throw new MillraceException(ErrorCode.STALE_VERSION, key + " has changed");
            }
            int end = (int) Math.min(range.end(), object.content().length);
            int start = (int) Math.min(range.offset(), end);
            int stop = end;
            if (fault == Fault.BREAK || fault == Fault.SHORT) {
                stop = start + random.nextInt(end - start + 1);
            }
            return new Body(process, object.content(), start, stop, fault == Fault.BREAK);
        }

        private void before(Fault fault, String key) {
            switch (fault) {
                case THROTTLE -> {
                    attempts.onAttempt(Verb.READ, Pressure.TOO_MUCH);
                    threads.sleep(process, SECOND * (1 + random.nextInt(10)));
                    throw new MillraceException(ErrorCode.BUSY, "slow down");
                }
                case UNAVAILABLE -> {
                    attempts.onAttempt(Verb.READ, Pressure.TOO_MUCH);
                    throw new MillraceException(ErrorCode.UNAVAILABLE, "no connection");
                }
                case IO_ERROR -> {
                    attempts.onAttempt(Verb.READ, Pressure.NONE);
                    throw new MillraceException(ErrorCode.IO_ERROR, "internal error");
                }
                case LATE -> threads.sleep(process, SECOND * (1 + random.nextInt(20)));
                case STALE -> {
                    lied.add(key);
                    throw new MillraceException(ErrorCode.STALE_VERSION, "a wrong answer");
                }
                case GONE -> {
                    lied.add(key);
                    throw new MillraceException(ErrorCode.NOT_FOUND, "a wrong answer");
                }
                case BREAK, SHORT -> {}
            }
        }

        private @Nullable Fault fault() {
            return random.nextDouble() < faultRate
                    ? Fault.values()[random.nextInt(Fault.values().length)]
                    : null;
        }

        @Override
        public void close() {}
    }

    /** The bytes of one answer, which keeps the version it began with. */
    private final class Body extends InputStream {

        private final SimulatedProcess process;
        private final byte[] content;
        private final int end;
        private final boolean breaks;
        private int position;

        Body(SimulatedProcess process, byte[] content, int start, int end, boolean breaks) {
            this.process = process;
            this.content = content;
            this.position = start;
            this.end = end;
            this.breaks = breaks;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            threads.pause(process);
            if (position == end) {
                if (breaks) {
                    throw new IOException("connection reset");
                }
                return -1;
            }
            int most = Math.min(length, end - position);
            int count = most > 1 && random.nextInt(4) == 0 ? 1 + random.nextInt(most) : most;
            System.arraycopy(content, position, buffer, offset, count);
            position += count;
            return count;
        }
    }
}
