package io.millrace.understore;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells a listener of every call, failure and byte. */
final class ObservedUnderStore implements UnderStore {

    private final UnderStore store;
    private final UnderStoreListener listener;

    ObservedUnderStore(UnderStore store, UnderStoreListener listener) {
        this.store = store;
        this.listener = listener;
    }

    @Override
    public Optional<ObjectStatus> stat(String key) {
        return observe(Verb.STAT, () -> store.stat(key));
    }

    @Override
    public ListPage list(String prefix, Depth depth, @Nullable String continuation, int maxKeys) {
        return observe(Verb.LIST, () -> store.list(prefix, depth, continuation, maxKeys));
    }

    @Override
    public InputStream read(String key, String objectVersion, ByteRange range) {
        return new ObservedStream(
                observe(Verb.READ, () -> store.read(key, objectVersion, range)), listener);
    }

    @Override
    public void close() {
        store.close();
    }

    private <T> T observe(Verb verb, Supplier<T> call) {
        listener.onCall(verb);
        try {
            return call.get();
        } catch (MillraceException e) {
            listener.onFailure(verb, e.code());
            throw e;
        }
    }

    private static final class ObservedStream extends FilterInputStream {

        private final UnderStoreListener listener;

        ObservedStream(InputStream in, UnderStoreListener listener) {
            super(in);
            this.listener = listener;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
                int count = super.read(buffer, offset, length);
                if (count > 0) {
                    listener.onBytes(count);
                }
                return count;
            } catch (IOException e) {
                listener.onFailure(Verb.READ, ErrorCode.IO_ERROR);
                throw e;
            }
        }

        @Override
        public long skip(long count) throws IOException {
            throw new IOException("bytes of an under store are not skipped: ask for the range");
        }
    }
}
