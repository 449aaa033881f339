package io.millrace.block.policies;

import io.millrace.block.known.Directory;
import io.millrace.block.known.KnownFiles;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.cache.eviction.CacheClass.Protection;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the cache is told of files, by the policies on their paths: of each as it is opened, and of
 * all that are known when a policy changes, and once the cache has found what it had.
 */
public final class FileClasses {

    private final WorkerPolicies policies;
    private final KnownFiles known;
    private final BiConsumer<FileVersion, CacheClass> cache;
    private final BooleanSupplier recovered;
    private @Nullable Object toldState;
    private boolean toldAll;

    /**
     * @param cache takes over the class of a file that is resident
     * @param recovered whether the cache knows everything it had at the start
     */
    public FileClasses(
            WorkerPolicies policies,
            KnownFiles known,
            BiConsumer<FileVersion, CacheClass> cache,
            BooleanSupplier recovered) {
        this.policies = policies;
        this.known = known;
        this.cache = cache;
        this.recovered = recovered;
    }

    /** The class of a file that is opened. */
    public CacheClass of(FileSource source) {
        return of(
                CacheClass.groupOf(source.mountId(), source.key()),
                policies.effective(source.mountId(), source.key()));
    }

    /** Tells the cache of every known file, if that is due. One step at a time. */
    public boolean step() {
        Object state = policies.state();
        boolean all = recovered.getAsBoolean();
        if (state.equals(toldState) && all == toldAll) {
            return false;
        }
        for (KnownFiles.Known file : known.list()) {
            Directory directory = file.directory();
            cache.accept(
                    file.version(),
                    of(
                            CacheClass.groupOf(directory.mountId(), directory.path() + "/"),
                            policies.effective(directory, file.nameHash())));
        }
        toldState = state;
        toldAll = all;
        return false;
    }

    private static CacheClass of(long group, PathPolicies.Effective effective) {
        return new CacheClass(
                effective.eviction() == null ? null : kind(effective.eviction().value()),
                group,
                effective.priorityOrDefault(),
                effective.isPinned() ? Protection.PINNED : Protection.EVICTABLE);
    }

    private static EvictionKind kind(PathPolicy.Eviction eviction) {
        return switch (eviction) {
            case LRU -> EvictionKind.LRU;
            case S3_FIFO -> EvictionKind.S3_FIFO;
            case EPOCH -> EvictionKind.EPOCH;
        };
    }
}
