package io.millrace.metadata.namespace;

import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that what is told of a directory is no older than its mount allows.
 *
 * <p>One flight per directory and process lists it, however many ask; between processes the claim
 * in Postgres does the same. A caller waits for the flight as long as it moves. Where the bucket
 * does not answer and something is known, that is told, as stale; where nothing is known, the call
 * fails. A mount whose bucket has just failed is not asked again for {@link Limits#pause}.
 */
final class Freshness {

    private static final Duration FIRST_LOOK = Duration.ofMillis(10);
    private static final Duration LONGEST_LOOK = Duration.ofMillis(200);

    private final DirectoryLister lister;
    private final InodeStore inodes;
    private final MountTable mounts;
    private final InstantSource clock;
    private final Executor executor;
    private final Limits limits;
    private final BooleanSupplier eventsFollowed;
    private final NamespaceMetrics metrics;
    private final Semaphore running;
    private final ConcurrentHashMap<Long, Flight> flights = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, Down> down = new ConcurrentHashMap<>();

    /**
     * @param concurrent listings at once
     * @param stall how long a caller that could be given stale entries waits for the next page
     * @param longest how long a caller waits in all
     * @param pause how long a mount whose bucket failed is not asked again
     * @param staleValid how long an answer from stale entries may be believed
     * @param aboveMountsValid how long an answer from the mount table may be believed
     */
    record Limits(
            int concurrent,
            Duration stall,
            Duration longest,
            Duration pause,
            Duration staleValid,
            Duration aboveMountsValid) {}

    private record Down(long untilNanos, MillraceException reason) {}

    /** One listing under way. */
    private static final class Flight {
        final CompletableFuture<DirectoryLister.Outcome> done = new CompletableFuture<>();
        volatile long movedNanos = System.nanoTime();

        void moved() {
            movedNanos = System.nanoTime();
        }
    }

    Freshness(
            DirectoryLister lister,
            InodeStore inodes,
            MountTable mounts,
            InstantSource clock,
            Executor executor,
            Limits limits,
            BooleanSupplier eventsFollowed,
            NamespaceMetrics metrics) {
        this.lister = lister;
        this.inodes = inodes;
        this.mounts = mounts;
        this.clock = clock;
        this.executor = executor;
        this.limits = limits;
        this.eventsFollowed = eventsFollowed;
        this.metrics = metrics;
        this.running = new Semaphore(limits.concurrent());
    }

    /** How long what is known of {@code directory} may be believed; 0: it must be listed. */
    long validMillis(Inode.Directory directory) {
        if (directory.isAboveMounts()) {
            return limits.aboveMountsValid().toMillis();
        }
        if (directory.listedMillis() < 0) {
            return 0;
        }
        return mounts.byId(directory.mountId())
                .map(mount -> validMillis(mount, directory.listedMillis()))
                .orElse(0L);
    }

    /**
     * What no age bounds is told for as long as the mount table's own answers: after that, whoever
     * believed it hears whether it still holds.
     */
    private long validMillis(Mount mount, long listedMillis) {
        long standard = limits.aboveMountsValid().toMillis();
        long maxAge = mount.options().maxAge().toMillis();
        long age = Math.max(0, clock.millis() - listedMillis);
        return switch (mount.options().freshness()) {
            case MAX_AGE -> Math.max(0, maxAge - age);
            case IMMUTABLE -> standard;
            case EVENTS -> {
                if (listedMillis < mount.trustedFromMillis()) {
                    yield 0;
                }
                yield eventsFollowed.getAsBoolean()
                        ? Math.clamp(maxAge - age, 0, standard)
                        : Math.max(0, Math.min(maxAge, standard) - age);
            }
        };
    }

    /** What may be told after {@link #ensure}. */
    sealed interface Known {
        /** The table is fresh enough for this call. */
        record Fresh() implements Known {}

        /** The bucket does not answer; the table has what was known. */
        record Stale() implements Known {}

        /** There is no such directory any more. */
        record Gone() implements Known {}
    }

    /**
     * Begins a listing of {@code directory} where one is due; does not wait for it.
     *
     * @param since due is what was listed by what began before, too; 0: it is not
     */
    void begin(Inode.Directory directory, long since) {
        boolean due =
                validMillis(directory) == 0
                        || (!directory.isAboveMounts() && directory.listedNumber() < since);
        if (!due || isDown(directory) || running.availablePermits() == 0) {
            return;
        }
        mounts.byId(directory.mountId()).ifPresent(mount -> flight(directory, mount));
    }

    /**
     * Lists {@code directory} where it is due, and waits for it.
     *
     * @throws MillraceException when nothing is known and the bucket cannot be listed, or not in
     *     time
     */
    Known ensure(Inode.Directory directory) {
        return validMillis(directory) > 0
                ? new Known.Fresh()
                : list(directory, directory.listedMillis() >= 0);
    }

    /**
     * Sees to it that {@code directory} was listed by what began after {@code since}; what was
     * known before does not do.
     *
     * @throws MillraceException when the bucket cannot be listed, or not in time
     */
    Known ensureListedAfter(long since, Inode.Directory directory) {
        Inode.Directory now = directory;
        while (!now.isAboveMounts() && now.listedNumber() < since) {
            Known known = list(now, false);
            Optional<Inode.Directory> next = inodes.directory(directory.id());
            if (known instanceof Known.Gone || next.isEmpty()) {
                return new Known.Gone();
            }
            now = next.get();
        }
        return new Known.Fresh();
    }

    /**
     * @param known whether what the table has may be told where the bucket does not answer
     */
    private Known list(Inode.Directory directory, boolean known) {
        Mount mount = mounts.byId(directory.mountId()).orElse(null);
        if (mount == null) {
            return new Known.Gone();
        }
        Down failed = down.get(mount.id());
        if (failed != null && failed.untilNanos() - System.nanoTime() > 0) {
            return staleOr(known, failed.reason());
        }
        long deadline = System.nanoTime() + limits.longest().toNanos();
        Duration look = FIRST_LOOK;
        while (true) {
            Flight flight = flight(directory, mount);
            DirectoryLister.Outcome outcome;
            try {
                outcome = await(flight, known, deadline);
            } catch (MillraceException e) {
                return staleOr(known, e);
            }
            if (outcome == null) {
                return staleOr(known, tooSlow(directory, mount));
            }
            switch (outcome) {
                case LISTED -> {
                    return new Known.Fresh();
                }
                case GONE -> {
                    return new Known.Gone();
                }
                case OTHERS -> {
                    Inode.Directory now = inodes.directory(directory.id()).orElse(null);
                    if (now == null) {
                        return new Known.Gone();
                    }
                    if (now.listedMillis() > directory.listedMillis()) {
                        return new Known.Fresh();
                    }
                    if (System.nanoTime() - deadline > 0) {
                        return staleOr(known, tooSlow(directory, mount));
                    }
                    pause(look);
                    look =
                            look.multipliedBy(2).compareTo(LONGEST_LOOK) < 0
                                    ? look.multipliedBy(2)
                                    : LONGEST_LOOK;
                }
            }
        }
    }

    private boolean isDown(Inode.Directory directory) {
        Down failed = down.get(directory.mountId());
        return failed != null && failed.untilNanos() - System.nanoTime() > 0;
    }

    private Known staleOr(boolean known, MillraceException failure) {
        if (!known) {
            throw failure;
        }
        metrics.staleAnswer();
        return new Known.Stale();
    }

    private static MillraceException tooSlow(Inode.Directory directory, Mount mount) {
        return new MillraceException(
                ErrorCode.DEADLINE_EXCEEDED,
                "the first listing of '"
                        + directory.prefix()
                        + "' in "
                        + mount.path()
                        + " takes longer than millrace.metadata.listing.wait; it goes on, ask"
                        + " again");
    }

    private Flight flight(Inode.Directory directory, Mount mount) {
        Flight mine = new Flight();
        Flight flying = flights.putIfAbsent(directory.id(), mine);
        if (flying != null) {
            return flying;
        }
        executor.execute(() -> fly(directory, mount, mine));
        return mine;
    }

    private void fly(Inode.Directory directory, Mount mount, Flight flight) {
        DirectoryLister.Outcome outcome = null;
        Throwable failure = null;
        running.acquireUninterruptibly();
        long began = System.nanoTime();
        try {
            outcome = lister.list(directory, mount, flight::moved);
            down.remove(mount.id());
        } catch (RuntimeException | Error e) {
            failure = e;
            remember(mount, e);
        } finally {
            running.release();
            flights.remove(directory.id(), flight);
        }
        metrics.listing(outcome == DirectoryLister.Outcome.LISTED, failure != null, began);
        if (failure != null) {
            flight.done.completeExceptionally(failure);
        } else {
            flight.done.complete(outcome);
        }
    }

    private void remember(Mount mount, Throwable failure) {
        // Postgres' own failures pass at once and say nothing about the bucket.
        if (failure instanceof MillraceException known
                && !(known.getCause() instanceof java.sql.SQLException)) {
            down.put(mount.id(), new Down(System.nanoTime() + limits.pause().toNanos(), known));
        }
    }

    /** Null: it took too long. */
    private DirectoryLister.@Nullable Outcome await(Flight flight, boolean known, long deadline) {
        AtomicBoolean first = new AtomicBoolean(true);
        while (true) {
            long now = System.nanoTime();
            long until = deadline;
            if (known) {
                long stalled = flight.movedNanos + limits.stall().toNanos();
                until = stalled - deadline < 0 ? stalled : deadline;
            }
            if (until - now <= 0 && !first.get()) {
                return null;
            }
            first.set(false);
            try {
                return flight.done.get(Math.max(0, until - now), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                continue;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof MillraceException failure
                        ? failure
                        : new MillraceException(
                                ErrorCode.INTERNAL, "listing a directory failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MillraceException(
                        ErrorCode.INTERRUPTED, "interrupted while a directory was listed", e);
            }
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "interrupted while a directory was listed", e);
        }
    }
}
