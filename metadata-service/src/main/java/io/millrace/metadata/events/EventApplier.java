package io.millrace.metadata.events;

import io.millrace.metadata.events.BucketChange.What;
import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Brings what buckets say of themselves into the namespace.
 *
 * <p>An event says that a key has changed, and the bucket is asked what it holds now: so it does
 * not matter how often an event comes, in which order, or how late. Several changes of a key in one
 * batch are one question. Where a bucket does not answer, its mounts are distrusted: what was
 * listed of them until then is listed again before it is told.
 */
public final class EventApplier {

    private final MountTable mounts;
    private final Target target;
    private final Executor executor;
    private final int concurrent;
    private final InstantSource clock;
    private final EventMetrics metrics;

    /** Where a key is looked at. */
    @FunctionalInterface
    public interface Target {
        /**
         * @param there whether something is known to lie there
         */
        void refresh(Mount mount, String key, boolean there);
    }

    /**
     * @param executor runs looks, on virtual threads
     * @param concurrent looks at once
     */
    public EventApplier(
            MountTable mounts,
            Target target,
            Executor executor,
            int concurrent,
            InstantSource clock,
            EventMetrics metrics) {
        this.mounts = mounts;
        this.target = target;
        this.executor = executor;
        this.concurrent = concurrent;
        this.clock = clock;
        this.metrics = metrics;
    }

    private record Place(Mount mount, String key) {}

    /** What is known of a place from a batch. */
    private static final class Told {
        final List<Instant> times = new ArrayList<>();
        boolean there = true;
    }

    /**
     * Applies a batch.
     *
     * @throws MillraceException when the database is away: apply it again
     */
    public void apply(List<BucketChange> changes) {
        Map<Place, Told> places = places(changes);
        Batch batch = new Batch();
        places.forEach(batch::begin);
        batch.awaitAll();
        MillraceException broken = batch.broken.get();
        if (broken != null) {
            throw broken;
        }
        if (!batch.silent.isEmpty()) {
            mounts.distrust(List.copyOf(batch.silent));
        }
    }

    private Map<Place, Told> places(List<BucketChange> changes) {
        List<Mount> known = mounts.known();
        Map<Place, Told> places = new LinkedHashMap<>();
        for (BucketChange change : changes) {
            boolean outside = true;
            for (Mount mount : known) {
                String prefix = prefixIn(mount, change.bucket());
                if (prefix != null && change.key().startsWith(prefix)) {
                    outside = false;
                    Place place = new Place(mount, change.key().substring(prefix.length()));
                    Told told = places.computeIfAbsent(place, _ -> new Told());
                    told.times.add(change.time());
                    told.there &= change.what() instanceof What.Put;
                }
            }
            if (outside) {
                metrics.outside();
            }
        }
        return places;
    }

    /** What keys of the mount begin with; null: it is not of that bucket, or never changes. */
    private static @Nullable String prefixIn(Mount mount, String bucket) {
        boolean concerned =
                "s3".equals(mount.uri().getScheme())
                        && bucket.equals(mount.uri().getAuthority())
                        && mount.options().freshness() != Mount.Freshness.IMMUTABLE;
        return concerned ? mount.uri().getPath().substring(1) : null;
    }

    /** The looks of one batch; begun by one thread. */
    private final class Batch {
        final Set<Mount> silent = ConcurrentHashMap.newKeySet();
        final AtomicReference<@Nullable MillraceException> broken = new AtomicReference<>();
        private final Semaphore running = new Semaphore(concurrent);

        void begin(Place place, Told told) {
            running.acquireUninterruptibly();
            if (broken.get() != null || silent.contains(place.mount())) {
                running.release();
                metrics.missed();
                return;
            }
            executor.execute(() -> {
                try {
                    look(place, told);
                } finally {
                    running.release();
                }
            });
        }

        void awaitAll() {
            running.acquireUninterruptibly(concurrent);
        }

        private void look(Place place, Told told) {
            try {
                target.refresh(place.mount(), place.key(), told.there);
                Instant now = clock.instant();
                told.times.forEach(time -> metrics.applied(Duration.between(time, now)));
            } catch (MillraceException e) {
                metrics.missed();
                if (e.getCause() instanceof java.sql.SQLException) {
                    broken.compareAndSet(null, e);
                } else {
                    silent.add(place.mount());
                }
            } catch (RuntimeException e) {
                metrics.missed();
                silent.add(place.mount());
            }
        }
    }
}
