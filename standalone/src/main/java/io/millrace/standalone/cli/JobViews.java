package io.millrace.standalone.cli;

import io.millrace.contracts.v1.Differences;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobPlan;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.Schedule;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the commands about jobs print, as {@link Views} is for the others. */
final class JobViews {

    private JobViews() {}

    record JobView(
            String id,
            String kind,
            String path,
            @Nullable String selection,
            String state,
            @Nullable String created,
            @Nullable String started,
            @Nullable String finished,
            boolean planningFinished,
            long plannedFiles,
            long plannedBytes,
            long doneFiles,
            long doneBytes,
            long skippedFiles,
            long skippedBytes,
            long failedFiles,
            long failedBytes,
            long vanishedFiles,
            long vanishedBytes,
            long changedFiles,
            long changedBytes,
            long unselectedFiles,
            @Nullable DifferencesView differences,
            long retries,
            @Nullable String retryOf,
            int priority,
            long maxBytesPerSecond,
            long maxRequestsPerSecond,
            int filesPerWorker,
            @Nullable String deadline,
            String require,
            long revision,
            long bytesPerSecond,
            @Nullable Long etaMillis,
            @Nullable String message,
            List<JobWorkerView> workers) {

        static JobView of(Job job) {
            return new JobView(
                    job.getId(),
                    name(job.getKind()),
                    job.getPath(),
                    job.hasSelection() ? SelectionOptions.text(job.getSelection()) : null,
                    name(job.getState()),
                    Views.instant(job.getCreatedMillis()),
                    Views.instant(job.getStartedMillis()),
                    Views.instant(job.getFinishedMillis()),
                    job.getPlanningFinished(),
                    job.getPlannedFiles(),
                    job.getPlannedBytes(),
                    job.getDoneFiles(),
                    job.getDoneBytes(),
                    job.getSkippedFiles(),
                    job.getSkippedBytes(),
                    job.getFailedFiles(),
                    job.getFailedBytes(),
                    job.getVanishedFiles(),
                    job.getVanishedBytes(),
                    job.getChangedFiles(),
                    job.getChangedBytes(),
                    job.getUnselectedFiles(),
                    job.hasDifferences() ? DifferencesView.of(job.getDifferences()) : null,
                    job.getRetries(),
                    job.getRetryOf().isEmpty() ? null : job.getRetryOf(),
                    job.getControls().getPriority(),
                    job.getControls().getBytesPerSecond(),
                    job.getControls().getRequestsPerSecond(),
                    job.getControls().getFilesPerWorker(),
                    Views.instant(job.getControls().getDeadlineMillis()),
                    JobControlCommands.percent(job.getControls().getRequireMillionths()),
                    job.getRevision(),
                    job.getBytesPerSecond(),
                    job.getEtaMillis() < 0 ? null : job.getEtaMillis(),
                    job.getMessage().isEmpty() ? null : job.getMessage(),
                    job.getWorkersList().stream()
                            .map(w ->
                                    new JobWorkerView(
                                            w.getWorkerId(),
                                            w.getDoneFiles(),
                                            w.getDoneBytes(),
                                            w.getSkippedFiles(),
                                            w.getSkippedBytes(),
                                            w.getFailedFiles()))
                            .toList());
        }
    }

    record DifferencesView(long addedFiles, long changedFiles, long deletedFiles) {

        static DifferencesView of(Differences found) {
            return new DifferencesView(
                    found.getAddedFiles(), found.getChangedFiles(), found.getDeletedFiles());
        }
    }

    record JobWorkerView(
            String workerId,
            long doneFiles,
            long doneBytes,
            long skippedFiles,
            long skippedBytes,
            long failedFiles) {}

    record PlanWorkerView(
            String id,
            long heldBytes,
            long fetchBytes,
            long capacityBytes,
            long usedBytes,
            boolean fits) {}

    record PlanView(
            String kind,
            String path,
            long files,
            long bytes,
            long unselectedFiles,
            long residentFiles,
            long residentBytes,
            long fetchFiles,
            long fetchBytes,
            long getRequests,
            long headRequests,
            String price,
            String currency,
            @Nullable Long expectedMillis,
            long capacityBytes,
            long usedBytes,
            boolean fits,
            List<PlanWorkerView> workers,
            List<String> obstacles,
            String hash) {

        static PlanView of(JobPlan plan) {
            return new PlanView(
                    name(plan.getKind()),
                    plan.getPath(),
                    plan.getFiles(),
                    plan.getBytes(),
                    plan.getUnselectedFiles(),
                    plan.getResidentFiles(),
                    plan.getResidentBytes(),
                    plan.getFetchFiles(),
                    plan.getFetchBytes(),
                    plan.getGetRequests(),
                    plan.getHeadRequests(),
                    plan.getPrice(),
                    plan.getCurrency(),
                    plan.hasExpectedMillis() ? plan.getExpectedMillis() : null,
                    plan.getCapacityBytes(),
                    plan.getUsedBytes(),
                    plan.getFits(),
                    plan.getWorkersList().stream()
                            .map(w ->
                                    new PlanWorkerView(
                                            w.getWorkerId(),
                                            w.getHeldBytes(),
                                            w.getFetchBytes(),
                                            w.getCapacityBytes(),
                                            w.getUsedBytes(),
                                            w.getFits()))
                            .toList(),
                    plan.getObstaclesList(),
                    plan.getHash());
        }
    }

    record ScheduleView(
            String name,
            String cron,
            String zone,
            long jitterMillis,
            String overlap,
            String kind,
            String path,
            @Nullable String selection,
            @Nullable Long minAgeMillis,
            @Nullable Long maxAgeMillis,
            @Nullable Long deadlineAfterMillis,
            boolean paused,
            @Nullable String next,
            @Nullable String last,
            @Nullable String lastJob,
            @Nullable String lastMessage,
            long revision) {

        static ScheduleView of(Schedule schedule) {
            return new ScheduleView(
                    schedule.getName(),
                    schedule.getCron(),
                    schedule.getZone(),
                    schedule.getJitterMillis(),
                    JobScheduleCommand.word(schedule.getOverlap()),
                    JobViews.name(schedule.getJob().getKind()),
                    schedule.getJob().getPath(),
                    schedule.getJob().hasSelection()
                            ? SelectionOptions.text(schedule.getJob().getSelection())
                            : null,
                    schedule.hasMinAgeMillis() ? schedule.getMinAgeMillis() : null,
                    schedule.hasMaxAgeMillis() ? schedule.getMaxAgeMillis() : null,
                    schedule.hasDeadlineAfterMillis() ? schedule.getDeadlineAfterMillis() : null,
                    schedule.getPaused(),
                    Views.instant(schedule.getNextMillis()),
                    Views.instant(schedule.getLastMillis()),
                    schedule.getLastJobId().isEmpty() ? null : schedule.getLastJobId(),
                    schedule.getLastMessage().isEmpty() ? null : schedule.getLastMessage(),
                    schedule.getRevision());
        }
    }

    record FailureView(String path, long bytes, String outcome, String code, String message) {}

    static String name(JobState state) {
        return state.name().substring("JOB_STATE_".length());
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when there is no such kind
     */
    static JobKind kind(String word) {
        for (JobKind kind : JobKind.values()) {
            boolean named = kind != JobKind.JOB_KIND_UNSPECIFIED && kind != JobKind.UNRECOGNIZED;
            if (named && name(kind).equals(word)) {
                return kind;
            }
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT, "job kind '" + word + "' is unknown");
    }

    static String name(JobKind kind) {
        return kind.name()
                .substring("JOB_KIND_".length())
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }
}
