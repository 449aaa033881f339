package io.millrace.block.mounts;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Mount;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.AdaptiveLimit;
import io.millrace.understore.AttemptListener;
import io.millrace.understore.BucketLimits;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreListener.Verb;
import io.millrace.understore.UnderStoreSettings;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Mount ids to under stores. A worker fetches only what a mount covers, so what is not here is not
 * fetched. The monitor guards the table; stores are opened outside of it, on first use.
 */
public final class MountTable implements AutoCloseable {

    /**
     * One mount.
     *
     * @param store rooted at the mount's URI
     * @param layout how its files are cut
     * @param reads how many reads its bucket bears at once
     */
    public record Mounted(UnderStore store, BlockLayout layout, AdaptiveLimit reads) {}

    private static final class Entry {
        final Mount mount;
        @Nullable Mounted opened;

        Entry(Mount mount) {
            this.mount = mount;
        }
    }

    private final Opener opener;
    private final BucketLimits limits;
    private final Supplier<List<Mount>> asker;
    private Map<Long, Entry> entries = new HashMap<>();

    /** Makes a store that tells how each attempt went. */
    @FunctionalInterface
    public interface Opener {
        UnderStore open(UnderStoreSettings settings, AttemptListener attempts);
    }

    /**
     * @param opener makes a store
     * @param limits told of each attempt
     * @param asker asks the metadata-service for all mounts; throws when it cannot be reached
     */
    public MountTable(Opener opener, BucketLimits limits, Supplier<List<Mount>> asker) {
        this.opener = opener;
        this.limits = limits;
        this.asker = asker;
    }

    /** Takes over the table as it is now. The stores of mounts that are gone are closed. */
    public void update(List<Mount> mounts) {
        Map<Long, Entry> gone;
        synchronized (this) {
            gone = entries;
            Map<Long, Entry> next = new HashMap<>();
            for (Mount mount : mounts) {
                Entry old = gone.get(mount.getId());
                if (old != null && old.mount.equals(mount)) {
                    gone.remove(mount.getId());
                    next.put(mount.getId(), old);
                } else {
                    next.put(mount.getId(), new Entry(mount));
                }
            }
            entries = next;
        }
        closeAll(gone);
    }

    /**
     * The mount of {@code id}; one that is not known is asked for once.
     *
     * @throws MillraceException NOT_FOUND when there is no such mount, UNAVAILABLE when it is not
     *     known and metadata-service does not answer
     */
    public Mounted find(long id) {
        Entry entry = entry(id);
        if (entry == null) {
            update(asker.get());
            entry = entry(id);
        }
        if (entry == null) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "mount " + id + " is not in the mount table");
        }
        synchronized (entry) {
            Mounted opened = entry.opened;
            if (opened == null) {
                opened = open(entry.mount);
                entry.opened = opened;
            }
            return opened;
        }
    }

    private synchronized @Nullable Entry entry(long id) {
        return entries.get(id);
    }

    private Mounted open(Mount mount) {
        try {
            UnderStoreSettings settings =
                    new UnderStoreSettings(
                            URI.create(mount.getUri()),
                            mount.getOptions().getEndpoint(),
                            mount.getOptions().getRegion(),
                            mount.getOptions().getPathStyle(),
                            mount.getOptions().getCredentials(),
                            UnderStoreSettings.Limits.DEFAULT);
            return new Mounted(
                    opener.open(settings, limits.listener(settings)),
                    Messages.blockLayout(mount),
                    limits.of(settings, Verb.READ));
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "mount " + mount.getPath() + " cannot be opened: " + e.getMessage(),
                    e);
        }
    }

    private static void closeAll(Map<Long, Entry> entries) {
        for (Entry entry : entries.values()) {
            synchronized (entry) {
                if (entry.opened != null) {
                    entry.opened.store().close();
                }
            }
        }
    }

    @Override
    public void close() {
        update(List.of());
    }
}
