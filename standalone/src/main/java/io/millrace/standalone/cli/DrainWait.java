package io.millrace.standalone.cli;

import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.Optional;

/**
 * Waits until nobody reads from a worker that drains: until all have had time to hear of the ring
 * in which it does, and it has told twice after that that no request is in flight.
 */
final class DrainWait {

    /** Agents and workers hear of a ring at once, or come back to hear of it within 2 s. */
    private static final Duration HEARD = Duration.ofSeconds(2);

    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final int QUIET_RENEWALS = 2;

    private final Session session;

    DrainWait(Session session) {
        this.session = session;
    }

    /**
     * Answers the worker as it is then: draining, or not running any more.
     *
     * @throws MillraceException DEADLINE_EXCEEDED with what is in flight; CONFLICT when it does not
     *     drain any more
     */
    Worker await(Worker draining) {
        long heard = System.nanoTime() + HEARD.toNanos();
        long deadline = System.nanoTime() + session.timeout().toNanos();
        long renewal = draining.getLastRenewalMillis();
        int quiet = 0;
        Worker worker = draining;
        try {
            while (isInRing(worker)) {
                if (worker.getLastRenewalMillis() != renewal) {
                    renewal = worker.getLastRenewalMillis();
                    boolean counts = System.nanoTime() - heard >= 0 && worker.getInFlight() == 0;
                    quiet = counts ? quiet + 1 : 0;
                }
                if (quiet == QUIET_RENEWALS) {
                    return worker;
                }
                if (System.nanoTime() - deadline >= 0) {
                    throw late(worker);
                }
                Thread.sleep(INTERVAL);
                worker = now(worker);
            }
            return worker;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED,
                    "no longer waiting for worker " + draining.getId() + "; it goes on draining",
                    e);
        }
    }

    private static boolean isInRing(Worker worker) {
        if (worker.getState() == WorkerState.WORKER_STATE_LIVE) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "worker " + worker.getId() + " does not drain any more: it was undrained");
        }
        return worker.getState() == WorkerState.WORKER_STATE_DRAINING;
    }

    private Worker now(Worker before) {
        Optional<Worker> found =
                session
                        .services()
                        .metadata(service ->
                                service.listWorkers(ListWorkersRequest.getDefaultInstance()))
                        .getWorkersList()
                        .stream()
                        .filter(worker -> worker.getId().equals(before.getId()))
                        .findFirst();
        return found.orElseGet(
                () -> before.toBuilder().setState(WorkerState.WORKER_STATE_LOST).build());
    }

    private MillraceException late(Worker worker) {
        return new MillraceException(
                ErrorCode.DEADLINE_EXCEEDED,
                "worker "
                        + worker.getId()
                        + " drains, but after "
                        + session.timeout().toSeconds()
                        + " s it has "
                        + (worker.getInFlight() == 0
                                ? "not been seen without requests in flight for two renewals"
                                : worker.getInFlight() + " requests in flight")
                        + "; it goes on draining, and --timeout waits longer");
    }
}
