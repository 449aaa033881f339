package io.millrace.cache;

import io.millrace.model.MillraceException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One of a cache's directories; the first is the fastest.
 *
 * <p>It is retired when its disk fails: nothing is read from it or written to it from then on.
 */
final class CacheTier {

    private static final Logger LOG = System.getLogger(CacheTier.class.getName());

    private final int number;
    private final CacheDirectory directory;
    private final CacheDirectorySettings settings;
    private final AtomicBoolean retired = new AtomicBoolean();

    /**
     * @param number its place in the order, from 0 on
     */
    CacheTier(int number, CacheDirectory directory, CacheDirectorySettings settings) {
        this.number = number;
        this.directory = directory;
        this.settings = settings;
    }

    int number() {
        return number;
    }

    CacheDirectory directory() {
        return directory;
    }

    CacheLayout layout() {
        return directory.layout();
    }

    CacheDirectorySettings settings() {
        return settings;
    }

    Path path() {
        return settings.directory();
    }

    boolean isRetired() {
        return retired.get();
    }

    /** False: it was retired before. */
    boolean retire() {
        return retired.compareAndSet(false, true);
    }

    /** Notes that all is as it must be, for the next start. */
    void markClean() {
        if (!isRetired()) {
            try {
                directory().markClean();
            } catch (IOException e) {
                LOG.log(Level.WARNING, "the clean stop is not noted: {0}", e.getMessage());
            }
        }
    }

    /**
     * Takes all directories; when one cannot be had, none is kept.
     *
     * @throws MillraceException as {@link CacheDirectory#take}
     */
    static List<CacheTier> takeAll(CacheSettings settings) {
        List<CacheTier> tiers = new ArrayList<>();
        try {
            for (CacheDirectorySettings each : settings.directories()) {
                CacheDirectory taken = CacheDirectory.take(each.directory(), settings.sync());
                tiers.add(new CacheTier(tiers.size(), taken, each));
            }
        } catch (RuntimeException e) {
            tiers.forEach(CacheTier::markClean);
            tiers.forEach(tier -> tier.directory().close());
            throw e;
        }
        return tiers;
    }
}
