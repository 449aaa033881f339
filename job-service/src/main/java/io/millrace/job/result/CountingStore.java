package io.millrace.job.result;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.job.ledger.BatchStore;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Fate;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.job.ledger.Tally;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings the outcome of one batch into the job's counts, within a transaction that holds the job's
 * row.
 *
 * <p>A file whose blocks lie in several batches is counted with one of them, and has failed when
 * any has. So a failure of a part that does not count the file is counted at once, and the file is
 * then taken out of done or skipped: now, when the counting part has been applied, or when it will
 * be ({@code failure.counted}).
 */
final class CountingStore {

    private final Connection connection;
    private final BatchStore.HeldJob job;
    private final OpenBatch batch;
    private final int maxFailures;
    private long doneFiles;
    private long skippedFiles;
    private final Map<Fate, Long> lostFiles = new EnumMap<>(Fate.class);

    CountingStore(Connection connection, BatchStore.HeldJob job, OpenBatch batch, int maxFailures) {
        this.connection = connection;
        this.job = job;
        this.batch = batch;
        this.maxFailures = maxFailures;
    }

    void count(String worker, Outcome outcome) throws SQLException {
        doneFiles = outcome.done().files();
        skippedFiles = outcome.skipped().files();
        add(Fate.FAILED, outcome.lost().failed().files());
        add(Fate.VANISHED, outcome.lost().vanished().files());
        add(Fate.CHANGED, outcome.lost().changed().files());
        if (job.counts().lost().total().files() > 0) {
            takeBack(countedAsFailedBefore(outcome));
        }
        for (Outcome.FailedFile file : outcome.failures()) {
            record(file, outcome);
        }
        updateJob(outcome);
        if (!worker.isEmpty()) {
            updateWorker(worker, outcome);
        }
    }

    private void add(Fate fate, long files) {
        lostFiles.merge(fate, files, Long::sum);
    }

    private long lostFiles(Fate fate) {
        return lostFiles.getOrDefault(fate, 0L);
    }

    private long allLostFiles() {
        return lostFiles.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Files that this batch counts as done or skipped, and that have failed in another part. */
    private int countedAsFailedBefore(Outcome outcome) throws SQLException {
        Set<String> notWell = new HashSet<>();
        outcome.failures().forEach(file -> notWell.add(file.failure().path()));
        outcome.stillOpen().stream()
                .filter(BatchItem::getCountsFile)
                .forEach(item -> notWell.add(item.getPath()));
        List<String> well = new ArrayList<>();
        for (BatchItem item : batch.message().getItemsList()) {
            if (item.getCountsFile() && !notWell.contains(item.getPath())) {
                well.add(item.getPath());
            }
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.failure SET counted = true
                        WHERE job_id = ? AND NOT counted AND path = ANY (?)
                        """)) {
            statement.setString(1, batch.job().value());
            statement.setArray(2, connection.createArrayOf("text", well.toArray()));
            return statement.executeUpdate();
        }
    }

    private void takeBack(long files) {
        for (long i = 0; i < files; i++) {
            if (job.counts().done().files() + doneFiles > 0) {
                doneFiles--;
            } else {
                skippedFiles--;
            }
        }
    }

    private void record(Outcome.FailedFile file, Outcome outcome) throws SQLException {
        Failure failure = file.failure();
        Optional<Boolean> counted = alreadyListed(failure.path());
        if (counted.isPresent()) {
            if (file.counted() && !counted.get()) {
                add(failure.fate(), -1);
            }
            addTo(failure, counted.get() || file.counted());
            return;
        }
        if (job.counts().lost().total().files() + allLostFiles() > maxFailures) {
            return;
        }
        boolean nowCounted = file.counted();
        if (!file.counted()) {
            add(failure.fate(), 1);
            nowCounted = !countingPartIsOpen(failure.path(), outcome);
            if (nowCounted) {
                takeBack(1);
            }
        }
        insert(failure, nowCounted);
    }

    private boolean countingPartIsOpen(String path, Outcome outcome) throws SQLException {
        if (counts(outcome.stillOpen(), path)) {
            return true;
        }
        for (OpenBatch other : BatchStore.ofJob(connection, batch.job())) {
            if (counts(other.message().getItemsList(), path)) {
                return true;
            }
        }
        return false;
    }

    private static boolean counts(List<BatchItem> items, String path) {
        return items.stream().anyMatch(item -> item.getCountsFile() && item.getPath().equals(path));
    }

    private Optional<Boolean> alreadyListed(String path) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT counted FROM jobs.failure WHERE job_id = ? AND path = ?")) {
            statement.setString(1, batch.job().value());
            statement.setString(2, path);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getBoolean(1)) : Optional.empty();
            }
        }
    }

    private void addTo(Failure failure, boolean counted) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.failure SET bytes = bytes + ?, counted = ?
                        WHERE job_id = ? AND path = ?
                        """)) {
            statement.setLong(1, failure.bytes());
            statement.setBoolean(2, counted);
            statement.setString(3, batch.job().value());
            statement.setString(4, failure.path());
            statement.executeUpdate();
        }
    }

    private void insert(Failure failure, boolean counted) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO jobs.failure (job_id, path, bytes, code, message, counted)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """)) {
            statement.setString(1, batch.job().value());
            statement.setString(2, failure.path());
            statement.setLong(3, failure.bytes());
            statement.setString(4, failure.code().name());
            statement.setString(5, failure.message());
            statement.setBoolean(6, counted);
            statement.executeUpdate();
        }
    }

    private void updateJob(Outcome outcome) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job
                        SET done_files = done_files + ?, done_bytes = done_bytes + ?,
                            skipped_files = skipped_files + ?, skipped_bytes = skipped_bytes + ?,
                            failed_files = failed_files + ?, failed_bytes = failed_bytes + ?,
                            vanished_files = vanished_files + ?,
                            vanished_bytes = vanished_bytes + ?,
                            changed_files = changed_files + ?, changed_bytes = changed_bytes + ?,
                            retries = retries + ?
                        WHERE id = ?
                        """)) {
            statement.setLong(1, doneFiles);
            statement.setLong(2, outcome.done().bytes());
            statement.setLong(3, skippedFiles);
            statement.setLong(4, outcome.skipped().bytes());
            statement.setLong(5, lostFiles(Fate.FAILED));
            statement.setLong(6, outcome.lost().failed().bytes());
            statement.setLong(7, lostFiles(Fate.VANISHED));
            statement.setLong(8, outcome.lost().vanished().bytes());
            statement.setLong(9, lostFiles(Fate.CHANGED));
            statement.setLong(10, outcome.lost().changed().bytes());
            statement.setLong(11, outcome.retried().size());
            statement.setString(12, batch.job().value());
            statement.executeUpdate();
        }
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job
                        SET earlier_at = later_at, earlier_done = later_done,
                            earlier_accounted = later_accounted,
                            later_at = now(), later_done = done_bytes,
                            later_accounted = done_bytes + skipped_bytes + failed_bytes
                                              + vanished_bytes + changed_bytes
                        WHERE id = ? AND later_at < now() - interval '2 seconds'
                        """)) {
            statement.setString(1, batch.job().value());
            statement.executeUpdate();
        }
    }

    private void updateWorker(String worker, Outcome outcome) throws SQLException {
        Tally done = outcome.done();
        Tally skipped = outcome.skipped();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO jobs.worker_progress AS p (job_id, worker_id, done_files,
                            done_bytes, skipped_files, skipped_bytes, failed_files)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (job_id, worker_id) DO UPDATE
                        SET done_files = p.done_files + excluded.done_files,
                            done_bytes = p.done_bytes + excluded.done_bytes,
                            skipped_files = p.skipped_files + excluded.skipped_files,
                            skipped_bytes = p.skipped_bytes + excluded.skipped_bytes,
                            failed_files = p.failed_files + excluded.failed_files
                        """)) {
            statement.setString(1, batch.job().value());
            statement.setString(2, worker);
            statement.setLong(3, done.files());
            statement.setLong(4, done.bytes());
            statement.setLong(5, skipped.files());
            statement.setLong(6, skipped.bytes());
            statement.setLong(7, outcome.lost().total().files());
            statement.executeUpdate();
        }
    }
}
