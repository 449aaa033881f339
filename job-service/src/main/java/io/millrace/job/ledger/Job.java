package io.millrace.job.ledger;

import io.millrace.job.selection.Selection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A job at one moment.
 *
 * @param id its name
 * @param kind what it does
 * @param path absolute, of a directory or a file
 * @param selection which of the files below it
 * @param state where it is in its life
 * @param created when it was accepted
 * @param started when planning began; empty before
 * @param message why it ended so; while it runs, what it waits for; may be empty
 * @param planningFinished whether {@code counts.planned()} is the true denominator
 * @param counts files and bytes
 * @param unselectedFiles seen below the path and left out by the selection
 * @param differences that a sync has found so far
 * @param bytesPerSecond done in the last seconds; 0 when nothing is running
 * @param eta time left at the pace of the last seconds; empty when it cannot be told
 * @param openBatches cut and without a result
 * @param workers in order of their ids
 * @param controls what may be changed while it runs
 * @param retries how often files, or parts of some, were tried again
 * @param retryOf the job whose failed files this one does
 * @param revision grows with each change that was asked for
 * @param changed names the last change of any kind; another one has another name
 */
public record Job(
        JobId id,
        JobKind kind,
        String path,
        Selection selection,
        JobState state,
        Instant created,
        Optional<Instant> started,
        String message,
        boolean planningFinished,
        Counts counts,
        long unselectedFiles,
        Differences differences,
        long bytesPerSecond,
        Optional<Duration> eta,
        long openBatches,
        List<WorkerProgress> workers,
        Controls controls,
        long retries,
        Optional<JobId> retryOf,
        long revision,
        long changed) {

    public Job {
        workers = List.copyOf(workers);
    }

    public boolean ended() {
        return state instanceof JobState.Ended;
    }

    public Optional<Instant> finished() {
        return state instanceof JobState.Ended ended
                ? Optional.of(ended.finished())
                : Optional.empty();
    }
}
