package io.millrace.understore.faults;

import io.millrace.model.ByteRange;
import io.millrace.model.MillraceException;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A store that does what its {@link Faults} say before it does what it is asked. */
public final class FaultyUnderStore implements UnderStore {

    private final UnderStore store;
    private final Faults faults;

    public FaultyUnderStore(UnderStore store, Faults faults) {
        this.store = store;
        this.faults = faults;
    }

    /** What goes wrong. */
    public interface Faults {

        /**
         * Called before each call; may wait, or throw the failure.
         *
         * @param subject key or prefix
         */
        default void before(Verb verb, String subject) throws MillraceException {}

        /** Bytes after which the stream of a read breaks; negative: it does not. */
        default long breakAfter(String key, ByteRange range) {
            return -1;
        }
    }

    @Override
    public Optional<ObjectStatus> stat(String key) {
        faults.before(Verb.STAT, key);
        return store.stat(key);
    }

    @Override
    public ListPage list(String prefix, Depth depth, @Nullable String continuation, int maxKeys) {
        faults.before(Verb.LIST, prefix);
        return store.list(prefix, depth, continuation, maxKeys);
    }

    @Override
    public InputStream read(String key, String objectVersion, ByteRange range) {
        faults.before(Verb.READ, key);
        InputStream in = store.read(key, objectVersion, range);
        long limit = faults.breakAfter(key, range);
        return limit < 0 ? in : new BreakingStream(in, limit);
    }

    @Override
    public void close() {
        store.close();
    }

    private static final class BreakingStream extends FilterInputStream {

        private long left;

        BreakingStream(InputStream in, long limit) {
            super(in);
            this.left = limit;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left == 0) {
                throw new IOException("the stream broke, as the test wants it");
            }
            int count = super.read(buffer, offset, (int) Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }
    }
}
