package io.millrace.client;

import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;

/** Opens the under stores of mounts when they are first needed, and keeps them. */
final class UnderStoreReads implements DirectReads, AutoCloseable {

    private static final int COPY_BYTES = 64 << 10;

    private final ConcurrentHashMap<Mount, UnderStore> stores = new ConcurrentHashMap<>();

    @Override
    public void read(Mount mount, FileSource source, ByteRange range, ByteBuffer target) {
        UnderStore store = stores.computeIfAbsent(mount, UnderStoreReads::open);
        byte[] copy = new byte[(int) Math.min(COPY_BYTES, range.length())];
        try (InputStream body = store.read(source.key(), source.objectVersion(), range)) {
            while (target.hasRemaining()) {
                int read = body.read(copy, 0, Math.min(copy.length, target.remaining()));
                if (read < 0) {
                    throw new EOFException("the body ended too early");
                }
                target.put(copy, 0, read);
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "reading " + source.key() + " from " + mount.getUri() + " failed",
                    e);
        }
    }

    private static UnderStore open(Mount mount) {
        MountOptions options = mount.getOptions();
        return UnderStores.open(
                new UnderStoreSettings(
                        URI.create(mount.getUri()),
                        options.getEndpoint(),
                        options.getRegion(),
                        options.getPathStyle(),
                        options.getCredentials(),
                        UnderStoreSettings.Limits.DEFAULT));
    }

    @Override
    public void close() {
        stores.values().forEach(UnderStore::close);
    }
}
