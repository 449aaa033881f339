package io.millrace.cache;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/** Finds, in the background, what the directories hold, and deletes what belongs to no file. */
final class CacheRecovery {

    private static final Logger LOG = System.getLogger(CacheRecovery.class.getName());

    private final List<CacheTier> tiers;
    private final BooleanSupplier closed;

    CacheRecovery(List<CacheTier> tiers, BooleanSupplier closed) {
        this.tiers = tiers;
        this.closed = closed;
    }

    /**
     * @param found is told each file that has a name in a directory
     * @param recovered once every directory has been walked, or retired
     */
    void run(BiConsumer<CacheTier, CacheWalk.Found> found, Runnable recovered) {
        for (CacheTier tier : tiers) {
            try {
                for (Path other : tier.directory().foreign(false)) {
                    LOG.log(
                            Level.WARNING,
                            "cache directory {0} has another layout: left alone",
                            other);
                }
                new CacheWalk(tier.layout(), () -> closed.getAsBoolean() || tier.isRetired())
                        .run(file -> found.accept(tier, file));
            } catch (IOException | RuntimeException e) {
                if (!tier.isRetired()) {
                    LOG.log(Level.ERROR, "cache recovery of " + tier.path() + " ended", e);
                    return;
                }
            }
        }
        if (!closed.getAsBoolean()) {
            recovered.run();
        }
        for (CacheTier tier : tiers) {
            deleteLost(tier);
        }
    }

    private void deleteLost(CacheTier tier) {
        try {
            for (Path lost : tier.directory().foreign(true)) {
                CacheWalk.deleteTree(lost, closed);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} not cleaned: {1}", tier.path(), e.getMessage());
        }
    }
}
