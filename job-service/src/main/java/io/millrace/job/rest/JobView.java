package io.millrace.job.rest;

import io.millrace.job.ledger.Counts;
import io.millrace.job.ledger.Differences;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Tally;
import io.millrace.job.ledger.WorkerProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A job as JSON. */
@Schema(name = "Job", description = "A job at one moment.")
record JobView(
        @Schema(description = "13 digits and letters; sorts by age.") String id,
        @Schema(
                        description = "What it does.",
                        enumeration = {
                            "load",
                            "load-metadata",
                            "sync",
                            "free",
                            "verify",
                            "warm-replicas",
                            "pin",
                            "unpin"
                        })
                String kind,
        @Schema(description = "The directory or file it works on.") String path,
        @Schema(description = "Absent: everything below the path.") @Nullable SelectionView select,
        @Schema(
                        description = "Where it is in its life; the last four are final.",
                        enumeration = {
                            "PLANNED",
                            "RUNNING",
                            "PAUSED",
                            "SUCCEEDED",
                            "PARTIAL",
                            "FAILED",
                            "CANCELLED"
                        })
                String state,
        @Schema(description = "Why it ended so; while it runs, what it waits for. May be empty.")
                String message,
        Instant createdAt,
        @Schema(description = "When planning began; absent before.") @Nullable Instant startedAt,
        @Schema(description = "Absent while it runs.") @Nullable Instant finishedAt,
        @Schema(description = "Whether planned is the true denominator.") boolean planningFinished,
        @Schema(description = "planned = done + skipped + failed + vanished + changed + open.")
                Outcomes files,
        @Schema(description = "planned = done + skipped + failed + vanished + changed + open.")
                Outcomes bytes,
        @Schema(description = "Seen below the path and left out by select; not planned.")
                long unselectedFiles,
        @Schema(description = "What a sync has found so far; absent of other kinds.")
                @Nullable FoundDifferences differences,
        @Schema(description = "Done in the last seconds; 0 when nothing is running.")
                long bytesPerSecond,
        @Schema(description = "Time left at this pace; absent when it cannot be told.")
                @Nullable Long etaMillis,
        @Schema(description = "Batches that were cut and have no result.") long batchesOutstanding,
        List<Worker> workers,
        @Schema(description = "0 to 9; the higher one is planned and sent first.") int priority,
        Limits limits,
        @Schema(description = "When it ends, whatever is open then; absent: never.")
                @Nullable Instant deadline,
        @Schema(description = "Which share must be done or skipped for success: 99.9%.")
                String require,
        @Schema(description = "How often files, or parts of some, were tried again.") long retries,
        @Schema(description = "The job whose failed files this one does; absent: none.")
                @Nullable String retryOf,
        @Schema(description = "Grows with each change that was asked for; also the ETag.")
                long revision) {

    @Schema(
            name = "JobDifferences",
            description = "Files that the bucket holds otherwise than was known when it began.")
    record FoundDifferences(
            long added,
            long changed,
            @Schema(description = "Also those below directories that are gone.") long deleted) {

        static @Nullable FoundDifferences of(Job job) {
            Differences found = job.differences();
            return job.kind() == JobKind.SYNC
                    ? new FoundDifferences(found.added(), found.changed(), found.deleted())
                    : null;
        }
    }

    @Schema(name = "JobLimits", description = "What a job may take; 0: not limited.")
    record Limits(
            @Schema(description = "Of all workers together.") long bytesPerSecond,
            @Schema(description = "Of all workers together.") long requestsPerSecond,
            @Schema(description = "At once on each worker.") int filesPerWorker) {}

    @Schema(name = "JobOutcomes", description = "What became of files, or of bytes.")
    record Outcomes(
            long planned,
            @Schema(description = "Loaded, freed, verified, listed.") long done,
            @Schema(description = "Nothing was to be done.") long skipped,
            long failed,
            @Schema(description = "No longer in the bucket.") long vanished,
            @Schema(description = "At another version in the bucket than planned.") long changed,
            long open) {}

    @Schema(name = "JobWorker", description = "What one worker did.")
    record Worker(
            String id,
            long doneFiles,
            long doneBytes,
            long skippedFiles,
            long skippedBytes,
            long failedFiles) {}

    static JobView of(Job job) {
        Counts counts = job.counts();
        Tally open = counts.open();
        return new JobView(
                job.id().value(),
                job.kind().word(),
                job.path(),
                SelectionView.of(job.selection()),
                job.state().name().name(),
                job.message(),
                job.created(),
                job.started().orElse(null),
                job.finished().orElse(null),
                job.planningFinished(),
                new Outcomes(
                        counts.planned().files(),
                        counts.done().files(),
                        counts.skipped().files(),
                        counts.lost().failed().files(),
                        counts.lost().vanished().files(),
                        counts.lost().changed().files(),
                        open.files()),
                new Outcomes(
                        counts.planned().bytes(),
                        counts.done().bytes(),
                        counts.skipped().bytes(),
                        counts.lost().failed().bytes(),
                        counts.lost().vanished().bytes(),
                        counts.lost().changed().bytes(),
                        open.bytes()),
                job.unselectedFiles(),
                FoundDifferences.of(job),
                job.bytesPerSecond(),
                job.eta().map(Duration::toMillis).orElse(null),
                job.openBatches(),
                job.workers().stream().map(JobView::worker).toList(),
                job.controls().priority(),
                new Limits(
                        job.controls().bytesPerSecond(),
                        job.controls().requestsPerSecond(),
                        job.controls().filesPerWorker()),
                job.controls().deadline().orElse(null),
                job.controls().require().toString(),
                job.retries(),
                job.retryOf().map(JobId::value).orElse(null),
                job.revision());
    }

    private static Worker worker(WorkerProgress worker) {
        return new Worker(
                worker.workerId(),
                worker.done().files(),
                worker.done().bytes(),
                worker.skipped().files(),
                worker.skipped().bytes(),
                worker.failedFiles());
    }
}
