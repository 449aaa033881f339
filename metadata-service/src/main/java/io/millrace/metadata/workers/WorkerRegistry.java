package io.millrace.metadata.workers;

import io.millrace.metadata.database.Database;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Who is a worker, and for how long. A worker registers, renews its lease, and is taken from the
 * ring when it stops doing so; each change of the ring gives it the next epoch.
 */
public final class WorkerRegistry {

    private static final int MOST_DIRECTORIES = 64;
    private static final int LONGEST_TEXT = 4096;

    private final WorkerStore store;
    private final Duration lease;
    private volatile Workers known = new Workers(0, 1, List.of());

    public WorkerRegistry(Database database, Duration lease) {
        this.store = new WorkerStore(database);
        this.lease = lease;
    }

    /** A lease: under which epoch, for how long from now. */
    public record Lease(long ringEpoch, Duration length) {}

    /** All workers, lost ones too, and the ring's epoch. */
    public record Workers(long ringEpoch, int slots, List<WorkerRecord> all) {

        /** Those in the ring. */
        public List<WorkerRecord> inRing() {
            return all.stream()
                    .filter(worker -> worker.state() != WorkerRecord.State.LOST)
                    .toList();
        }
    }

    /**
     * Fixes the number of slots at the cluster's first start.
     *
     * @throws MillraceException CONFLICT when the cluster has another
     */
    public void fixSlots(int slots) {
        int fixed = store.fixSlots(slots);
        if (fixed != slots) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "millrace.metadata.slots is "
                            + slots
                            + ", but this cluster was first started with "
                            + fixed
                            + " slots, which never change");
        }
    }

    /**
     * Takes a worker into the ring, or back. A worker with the same host and cache directories
     * takes its own place, whether or not its lease is live.
     *
     * @throws MillraceException CONFLICT when another live worker has its id; INVALID_ARGUMENT
     */
    public Lease register(WorkerRecord worker) {
        check(worker);
        long epoch = store.register(worker, lease, before -> changesRing(worker, before));
        return new Lease(epoch, lease);
    }

    private static boolean changesRing(WorkerRecord now, Optional<WorkerStore.Before> row) {
        if (row.isEmpty()) {
            return true;
        }
        WorkerRecord before = row.get().worker();
        boolean samePlace =
                before.hostId().equals(now.hostId())
                        && before.cacheDirectories().equals(now.cacheDirectories());
        boolean live = before.state() != WorkerRecord.State.LOST && row.get().leaseLeftMillis() > 0;
        if (live && !samePlace) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "worker "
                            + now.id()
                            + " is live at "
                            + before.address().host()
                            + ":"
                            + before.address().dataPort()
                            + " with other cache directories: two workers cannot have one id"
                            + " (its lease runs out in "
                            + row.get().leaseLeftMillis()
                            + " ms)");
        }
        return before.state() == WorkerRecord.State.LOST
                || !samePlace
                || !before.address().equals(now.address())
                || before.weight() != now.weight();
    }

    private static void check(WorkerRecord worker) {
        checkPort("data", worker.address().dataPort());
        checkPort("control", worker.address().controlPort());
        checkText("host", worker.address().host());
        checkText("host id", worker.hostId());
        if (worker.cacheDirectories().size() > MOST_DIRECTORIES) {
            throw invalid("a worker has at most " + MOST_DIRECTORIES + " cache directories");
        }
        worker.cacheDirectories().forEach(directory -> checkText("cache directory", directory));
        checkLoad(worker.load());
        if (worker.weight() < 0) {
            throw invalid("a worker's weight is not negative");
        }
    }

    private static void checkPort(String which, int port) {
        if (port < 1 || port > 65_535) {
            throw invalid("a worker's " + which + " port is 1 to 65535");
        }
    }

    private static void checkText(String what, String text) {
        if (text.isEmpty() || text.length() > LONGEST_TEXT || text.indexOf('\0') >= 0) {
            throw invalid("a worker's " + what + " is 1 to " + LONGEST_TEXT + " characters");
        }
    }

    private static void checkLoad(WorkerRecord.Load load) {
        if (load.capacityBytes() < 0
                || load.usedBytes() < 0
                || load.cachedFiles() < 0
                || load.inFlight() < 0) {
            throw invalid("a worker's capacity, used bytes, files and requests are not negative");
        }
    }

    private static MillraceException invalid(String message) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, message);
    }

    /**
     * Renews a lease.
     *
     * @throws MillraceException NOT_FOUND when the worker is not registered, or lost: it registers
     *     again
     */
    public Lease renew(WorkerId id, WorkerRecord.Load load) {
        checkLoad(load);
        return store.renew(id, load, lease)
                .map(epoch -> new Lease(epoch, lease))
                .orElseThrow(() ->
                        new MillraceException(
                                ErrorCode.NOT_FOUND,
                                "worker " + id + " has no lease: it must register"));
    }

    /**
     * Forgets a worker that has stopped; one that is not known is forgotten already. Of one that
     * drains it stays known that it does: it is lost.
     */
    public void deregister(WorkerId id) {
        store.deregister(id);
    }

    /**
     * A draining worker gives up what it owns: it comes after all others in the ring. It drains
     * until {@link #undrain}, also when it stops and starts again meanwhile.
     *
     * @throws MillraceException NOT_FOUND; CONFLICT when no other worker could take over
     */
    public WorkerRecord drain(WorkerId id) {
        return setDraining(id, true, all -> checkSuccessor(id, all));
    }

    /**
     * Drains a worker even if no other could take over.
     *
     * @throws MillraceException NOT_FOUND
     */
    public WorkerRecord drainAnyway(WorkerId id) {
        return setDraining(id, true, _ -> {});
    }

    /**
     * Ends draining.
     *
     * @throws MillraceException NOT_FOUND
     */
    public WorkerRecord undrain(WorkerId id) {
        return setDraining(id, false, _ -> {});
    }

    private WorkerRecord setDraining(
            WorkerId id, boolean draining, Consumer<List<WorkerRecord>> check) {
        return store.setDraining(id, draining, check)
                .orElseThrow(() ->
                        new MillraceException(ErrorCode.NOT_FOUND, "there is no worker " + id));
    }

    private static void checkSuccessor(WorkerId id, List<WorkerRecord> all) {
        List<WorkerRecord> owners =
                all.stream()
                        .filter(worker -> worker.state() == WorkerRecord.State.LIVE)
                        .filter(worker -> worker.weight() > 0)
                        .toList();
        if (owners.size() == 1 && owners.getFirst().id().equals(id)) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "worker "
                            + id
                            + " is the last live one that does not drain: no other could take over"
                            + " what it owns (force drains it nevertheless)");
        }
    }

    /** All workers, from Postgres. */
    public Workers workers() {
        WorkerStore.Workers workers = store.all();
        known = new Workers(workers.epoch(), workers.slots(), workers.workers());
        return known;
    }

    /** All workers, as last read. */
    public Workers known() {
        return known;
    }

    /**
     * Takes workers whose lease has run out from the ring. A step of the background loop; safe in
     * several processes at once. Answers which it took.
     */
    public List<WorkerId> expire() {
        return store.expire();
    }
}
