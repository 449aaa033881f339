package io.millrace.job.result;

import io.millrace.contracts.v1.BatchResult;
import io.millrace.job.ledger.BatchStore;
import io.millrace.job.ledger.Database;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobState;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.NewBatch;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Applies results: counts, failures, moved items and the end of the job, in one transaction that
 * also removes the batch. A batch that is no longer there was applied before; so each is counted
 * once, however often it was sent and answered, and whichever attempt answers first.
 */
public final class Results {

    private static final System.Logger LOG = System.getLogger(Results.class.getName());

    private final Database database;
    private final Ledger ledger;
    private final ResultSettings settings;

    public Results(Database database, Ledger ledger, ResultSettings settings) {
        this.database = database;
        this.ledger = ledger;
        this.settings = settings;
    }

    /**
     * Applies one result.
     *
     * @throws MillraceException UNAVAILABLE when the database is away: apply it again later
     */
    public Applied apply(BatchResult result) {
        Optional<JobId> job = jobOf(result);
        if (job.isEmpty()) {
            return Applied.UNKNOWN;
        }
        return database.transaction(connection -> apply(connection, job.get(), result));
    }

    private static Optional<JobId> jobOf(BatchResult result) {
        try {
            return Optional.of(JobId.parse(result.getJobId()));
        } catch (MillraceException e) {
            return Optional.empty();
        }
    }

    private Applied apply(Connection connection, JobId id, BatchResult result) throws SQLException {
        Optional<BatchStore.HeldJob> job = BatchStore.hold(connection, id);
        if (job.isEmpty()) {
            return Applied.UNKNOWN;
        }
        Optional<OpenBatch> batch = BatchStore.find(connection, result.getBatchId());
        if (batch.isEmpty() || !batch.get().job().equals(id)) {
            return Applied.BEFORE;
        }
        Outcome outcome = accounting(job.get(), batch.get()).outcome(result);
        if (!outcome.complaint().isEmpty()) {
            LOG.log(Level.WARNING, "event=result-out-of-balance {0}", outcome.complaint());
        }
        store(connection, job.get(), batch.get(), result.getWorkerId(), outcome);
        return Applied.NOW;
    }

    private Accounting accounting(BatchStore.HeldJob job, OpenBatch batch) {
        return new Accounting(job.kind(), batch, settings.maxMoves(), settings.maxTries());
    }

    private void store(
            Connection connection,
            BatchStore.HeldJob job,
            OpenBatch batch,
            String worker,
            Outcome outcome)
            throws SQLException {
        BatchStore.delete(connection, batch.id());
        new CountingStore(connection, job, batch, settings.maxFailures()).count(worker, outcome);
        if (job.open()) {
            List<NewBatch> again = new ArrayList<>();
            if (!outcome.moved().isEmpty()) {
                again.add(moved(batch, outcome));
            }
            if (!outcome.returned().isEmpty()) {
                again.add(returned(batch, outcome));
            }
            if (!outcome.retried().isEmpty()) {
                again.add(retried(batch, outcome));
            }
            BatchStore.insert(connection, batch.job(), job.kind(), again);
            ledger.settle(connection, batch.job());
        }
    }

    /** For the same worker: whether it still owns them is for it to say. */
    private static NewBatch returned(OpenBatch batch, Outcome outcome) {
        return new NewBatch(
                Optional.of(
                        new NewBatch.Target(
                                new WorkerId(batch.worker()),
                                batch.message().getSlot(),
                                batch.message().getRingEpoch())),
                batch.blockBytes(),
                outcome.returned(),
                outcome.returnedTally(),
                batch.course(),
                Duration.ZERO);
    }

    private NewBatch moved(OpenBatch batch, Outcome outcome) {
        return new NewBatch(
                Optional.empty(),
                batch.blockBytes(),
                outcome.moved(),
                outcome.movedTally(),
                batch.course().moved(),
                settings.delayOfMove(batch.course().moves()));
    }

    /** For whoever owns them then, which may be another worker. */
    private NewBatch retried(OpenBatch batch, Outcome outcome) {
        return new NewBatch(
                Optional.empty(),
                batch.blockBytes(),
                outcome.retried(),
                outcome.retriedTally(),
                batch.course().tried(),
                settings.delayOfTry(batch.course().tries()));
    }

    /**
     * Looks after batches that have waited too long for a result: sends them again, and gives up
     * those that were sent often enough.
     *
     * @return how many
     */
    public int sweep() {
        List<OpenBatch> late =
                database.transaction(
                        connection -> LateBatchStore.find(connection, settings.batchTimeout()));
        late.forEach(this::late);
        return late.size();
    }

    private void late(OpenBatch seen) {
        database.transaction(connection -> {
            Optional<BatchStore.HeldJob> job = BatchStore.hold(connection, seen.job());
            Optional<OpenBatch> batch = BatchStore.find(connection, seen.id());
            if (job.isEmpty() || batch.isEmpty() || batch.get().attempt() != seen.attempt()) {
                return false;
            }
            if (!job.get().open()) {
                BatchStore.delete(connection, seen.id());
            } else if (job.get().state() instanceof JobState.Paused
                    || seen.attempt() < settings.maxAttempts()) {
                LateBatchStore.sendAgain(connection, seen);
            } else {
                giveUp(connection, job.get(), batch.get());
            }
            return true;
        });
    }

    private void giveUp(Connection connection, BatchStore.HeldJob job, OpenBatch batch)
            throws SQLException {
        String why =
                "no worker answered within millrace.jobs.batch-timeout ("
                        + settings.batchTimeout().toSeconds()
                        + " s), "
                        + settings.maxAttempts()
                        + " times";
        store(
                connection,
                job,
                batch,
                "",
                accounting(job, batch).givenUp(ErrorCode.DEADLINE_EXCEEDED, why));
    }
}
