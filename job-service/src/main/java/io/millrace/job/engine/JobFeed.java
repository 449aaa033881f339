package io.millrace.job.engine;

import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.Ledger.Changes;
import io.millrace.job.ledger.Ledger.Following;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Tells followers how a job goes on. Each follower reads the job at most four times a second, so
 * that it hears of changes whichever replica made them; their number is bounded.
 */
final class JobFeed implements AutoCloseable {

    private static final Duration PERIOD = Duration.ofMillis(250);

    /** A job that does not change is told again, so that a follower that is gone is noticed. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private final Ledger ledger;
    private final int limit;
    private final Semaphore followers;
    private final CountDownLatch closed = new CountDownLatch(1);

    JobFeed(Ledger ledger, int limit) {
        this.ledger = ledger;
        this.limit = limit;
        this.followers = new Semaphore(limit);
    }

    void follow(JobId id, Consumer<Job> to, BooleanSupplier gone) {
        take();
        try {
            tell(id, to, gone);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            followers.release();
        }
    }

    /** {@link JobEngine#followAll}. */
    void followAll(long since, int limit, Consumer<Changes> to, BooleanSupplier gone) {
        take();
        try {
            tellAll(since, limit, to, gone);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            followers.release();
        }
    }

    private void tellAll(long since, int limit, Consumer<Changes> to, BooleanSupplier gone)
            throws InterruptedException {
        Map<JobId, Job> told = new HashMap<>();
        Optional<Changes> last = Optional.empty();
        long beatAt = System.nanoTime();
        while (!gone.getAsBoolean()) {
            boolean beat = System.nanoTime() - beatAt > HEARTBEAT.toNanos();
            Optional<Changes> read =
                    changes(
                            last.map(Changes::position).orElse(since),
                            beat,
                            limit,
                            last.isPresent());
            if (read.isPresent()) {
                // A transaction that is long under way lets what came after it be read again.
                List<Job> fresh =
                        read.get().jobs().stream()
                                .filter(job -> !job.equals(told.get(job.id())))
                                .toList();
                if (beat || !fresh.isEmpty()) {
                    to.accept(new Changes(fresh, read.get().position()));
                }
                told.clear();
                read.get().jobs().forEach(job -> told.put(job.id(), job));
                last = read;
                beatAt = beat ? System.nanoTime() : beatAt;
            }
            if (closed.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    private Optional<Changes> changes(long since, boolean beat, int limit, boolean patient) {
        try {
            return Optional.of(
                    ledger.changes(
                            since, beat ? Following.CHANGED_OR_OPEN : Following.CHANGED, limit));
        } catch (MillraceException e) {
            if (patient && e.code() == ErrorCode.UNAVAILABLE) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void take() {
        if (!followers.tryAcquire()) {
            throw new MillraceException(
                    ErrorCode.BUSY,
                    limit + " clients follow jobs already (millrace.jobs.max-watchers)");
        }
    }

    private void tell(JobId id, Consumer<Job> to, BooleanSupplier gone)
            throws InterruptedException {
        Optional<Job> told = Optional.empty();
        long toldAt = 0;
        while (!gone.getAsBoolean()) {
            Optional<Job> job = read(id, told.isPresent());
            long now = System.nanoTime();
            boolean due = now - toldAt > HEARTBEAT.toNanos();
            if (job.isPresent() && (due || !job.equals(told))) {
                to.accept(job.get());
                told = job;
                toldAt = now;
            }
            if (job.isPresent() && job.get().ended()) {
                return;
            }
            if (closed.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /** Once the first state is told, a database that is away is waited for. */
    private Optional<Job> read(JobId id, boolean patient) {
        try {
            return Optional.of(ledger.job(id));
        } catch (MillraceException e) {
            if (patient && e.code() == ErrorCode.UNAVAILABLE) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Ends all that follow. */
    @Override
    public void close() {
        closed.countDown();
    }
}
