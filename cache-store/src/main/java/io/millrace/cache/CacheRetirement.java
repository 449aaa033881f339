package io.millrace.cache;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Gives a directory up when its disk has failed: its files are forgotten, to be filled again
 * elsewhere.
 */
final class CacheRetirement {

    private static final Logger LOG = System.getLogger(CacheRetirement.class.getName());

    private final List<CacheTier> tiers;
    private final CacheIndex index;
    private final CacheDropper dropper;
    private final Executor background;

    CacheRetirement(
            List<CacheTier> tiers, CacheIndex index, CacheDropper dropper, Executor background) {
        this.tiers = tiers;
        this.index = index;
        this.dropper = dropper;
        this.background = background;
    }

    /** False: the error is not the disk's. */
    boolean retireIfBroken(CacheTier tier, IOException e) {
        if (!DiskErrors.isDiskBroken(e)) {
            return false;
        }
        if (tier.retire()) {
            LOG.log(
                    Level.ERROR,
                    "cache directory={0} retired, its disk fails: {1}; the worker goes on with {2}",
                    tier.path(),
                    e.getMessage(),
                    paths());
            index.retire(tier);
            try {
                background.execute(() -> forgetAll(tier));
            } catch (RejectedExecutionException closing) {
                LOG.log(Level.DEBUG, "closed: {0} is asked for nothing more", tier.path());
            }
        }
        return true;
    }

    /** The directories in use. */
    List<Path> paths() {
        return tiers.stream().filter(tier -> !tier.isRetired()).map(CacheTier::path).toList();
    }

    /** Who has a file open keeps it; for all others it is gone. */
    private void forgetAll(CacheTier tier) {
        for (CacheEntry entry : index.all()) {
            if (entry.isPlaced() && entry.tier() == tier) {
                dropper.forget(entry);
            }
        }
    }
}
