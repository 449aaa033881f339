package io.millrace.metadata.mounts;

import io.millrace.metadata.database.Database;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreSettings;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * The mounts of the cluster, and an open under store for each that was asked for.
 *
 * <p>The table is kept in memory as it was at the last {@link #refresh}; a mount that is not in it
 * is looked for in Postgres. {@code lock} guards {@code known} and {@code stores}; neither Postgres
 * nor an under store is called under it.
 */
public final class MountTable implements AutoCloseable {

    private final MountStore store;
    private final Function<UnderStoreSettings, UnderStore> opener;
    private final Limits limits;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, UnderStore> stores = new HashMap<>();
    private Map<Long, Mount> known = Map.of();

    /**
     * @param most mounts in all
     * @param calls limits of calls to under stores
     * @param tryOut limits of the one call that tries a new mount
     */
    public record Limits(
            int most, UnderStoreSettings.Limits calls, UnderStoreSettings.Limits tryOut) {}

    /**
     * @param opener opens an under store without asking it anything
     */
    public MountTable(
            Database database,
            Function<UnderStoreSettings, UnderStore> opener,
            Limits limits,
            InstantSource clock) {
        this.store = new MountStore(database);
        this.opener = opener;
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * Mounts a bucket, after one listing of it has worked. When it fails nothing is stored.
     *
     * @throws MillraceException ALREADY_EXISTS when the path is a mount; CONFLICT when it lies in
     *     another or another in it; BUSY when there are too many mounts; what the under store
     *     throws when it cannot be listed
     */
    public Mount add(MountRequest request) {
        List<Mount> before = refresh();
        checkFree(request.path(), before);
        if (before.size() >= limits.most()) {
            throw new MillraceException(
                    ErrorCode.BUSY,
                    "there are "
                            + before.size()
                            + " mounts, as many as millrace.metadata.mounts.most allows");
        }
        tryOut(request);
        Mount mount = store.add(request, clock.millis());
        refresh();
        return mount;
    }

    /**
     * Takes a mount out of the namespace. The bucket is not touched.
     *
     * @throws MillraceException NOT_FOUND
     */
    public void remove(NamespacePath path) {
        store.remove(path);
        refresh();
    }

    /**
     * What is known of these mounts now may miss a change: it is listed again before it is told.
     */
    public void distrust(List<Mount> missed) {
        store.distrust(missed.stream().map(Mount::id).toList(), clock.millis());
        refresh();
    }

    /** All mounts by path, from Postgres. */
    public List<Mount> refresh() {
        List<Mount> mounts = store.all();
        Map<Long, Mount> byId = new HashMap<>();
        mounts.forEach(mount -> byId.put(mount.id(), mount));
        List<UnderStore> unused = new ArrayList<>();
        lock.lock();
        try {
            known = Map.copyOf(byId);
            for (Long id : List.copyOf(stores.keySet())) {
                if (!byId.containsKey(id)) {
                    unused.add(stores.remove(id));
                }
            }
        } finally {
            lock.unlock();
        }
        unused.forEach(UnderStore::close);
        return mounts;
    }

    /** All mounts by path, as last seen. */
    public List<Mount> known() {
        lock.lock();
        try {
            return known.values().stream().sorted((a, b) -> a.path().compareTo(b.path())).toList();
        } finally {
            lock.unlock();
        }
    }

    public Optional<Mount> byId(long id) {
        Optional<Mount> mount = knownById(id);
        if (mount.isEmpty()) {
            refresh();
            mount = knownById(id);
        }
        return mount;
    }

    private Optional<Mount> knownById(long id) {
        lock.lock();
        try {
            return Optional.ofNullable(known.get(id));
        } finally {
            lock.unlock();
        }
    }

    /** The under store of {@code mount}; closed when the mount is gone. */
    public UnderStore storeOf(Mount mount) {
        lock.lock();
        try {
            UnderStore open = stores.get(mount.id());
            if (open == null) {
                open = opener.apply(settings(mount.uri(), mount.options(), limits.calls()));
                stores.put(mount.id(), open);
            }
            return open;
        } finally {
            lock.unlock();
        }
    }

    private void tryOut(MountRequest request) {
        try (UnderStore underStore =
                opener.apply(settings(request.uri(), request.options(), limits.tryOut()))) {
            underStore.list("", UnderStore.Depth.ONE_LEVEL, null, 1);
        }
    }

    private static UnderStoreSettings settings(
            java.net.URI uri, Mount.Options options, UnderStoreSettings.Limits limits) {
        return new UnderStoreSettings(
                uri,
                options.endpoint(),
                options.region(),
                options.pathStyle(),
                options.credentials(),
                limits);
    }

    static void checkFree(NamespacePath path, List<Mount> mounts) {
        for (Mount mount : mounts) {
            if (mount.path().equals(path)) {
                throw new MillraceException(
                        ErrorCode.ALREADY_EXISTS, path + " is a mount already, of " + mount.uri());
            }
            if (path.startsWith(mount.path())) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        path + " lies in the mount " + mount.path() + ": mounts do not nest");
            }
            if (mount.path().startsWith(path)) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        "the mount " + mount.path() + " lies in " + path + ": mounts do not nest");
            }
        }
    }

    @Override
    public void close() {
        List<UnderStore> open;
        lock.lock();
        try {
            open = List.copyOf(stores.values());
            stores.clear();
        } finally {
            lock.unlock();
        }
        open.forEach(UnderStore::close);
    }
}
