package io.millrace.console.overview;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the page shows, at one moment.
 *
 * @param asOfMillis when it was asked, since the epoch
 * @param mounts the mount table
 * @param workers those that are registered, and those that were lost
 * @param jobs the newest
 */
public record Overview(
        long asOfMillis,
        Section<MountRow> mounts,
        Section<WorkerRow> workers,
        Section<JobRow> jobs) {

    /**
     * One table of the page: its rows, or why they cannot be told.
     *
     * @param rows empty when {@code problem} is set
     * @param more whether there are more rows than shown
     * @param problem one sentence; null: the rows are the truth
     */
    public record Section<R>(List<R> rows, boolean more, @Nullable String problem) {

        static <R> Section<R> of(List<R> rows, boolean more) {
            return new Section<>(List.copyOf(rows), more, null);
        }

        static <R> Section<R> unknown(String problem) {
            return new Section<>(List.of(), false, problem);
        }
    }

    /**
     * A mount.
     *
     * @param credentials a reference, never a value
     * @param maxAgeMillis 0: the server's default
     */
    public record MountRow(
            String path, String uri, String endpoint, String credentials, long maxAgeMillis) {}

    /**
     * A worker.
     *
     * @param state LIVE, DRAINING or LOST
     * @param lastRenewalMillis when it was last heard of, since the epoch
     */
    public record WorkerRow(
            String id,
            String state,
            String address,
            long usedBytes,
            long capacityBytes,
            long cachedFiles,
            long lastRenewalMillis) {}

    /**
     * A job: planned = done + skipped + failed + open, in files and in bytes.
     *
     * @param planningFinished whether planned is final
     * @param etaMillis -1: cannot be told yet
     */
    public record JobRow(
            String id,
            String kind,
            String path,
            String state,
            long createdMillis,
            long startedMillis,
            long finishedMillis,
            boolean planningFinished,
            long plannedFiles,
            long plannedBytes,
            long doneFiles,
            long doneBytes,
            long skippedFiles,
            long skippedBytes,
            long failedFiles,
            long failedBytes,
            long bytesPerSecond,
            long etaMillis,
            String message) {}
}
