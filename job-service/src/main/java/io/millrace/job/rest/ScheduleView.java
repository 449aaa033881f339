package io.millrace.job.rest;

import io.millrace.job.ledger.JobId;
import io.millrace.job.schedule.Schedule;
import io.millrace.job.schedule.ScheduledJob;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A schedule as JSON. */
@Schema(name = "Schedule", description = "A schedule at one moment.")
record ScheduleView(
        String name,
        @Schema(description = "Minute, hour, day of month, month, day of week.") String cron,
        String zone,
        String jitter,
        @Schema(enumeration = {"skip", "buffer-one", "cancel-other"}) String overlap,
        Job job,
        @Nullable String minAge,
        @Nullable String maxAge,
        @Nullable String deadlineAfter,
        boolean paused,
        @Schema(description = "The next planned time; absent: there is none, or it is paused.")
                @Nullable Instant nextAt,
        @Schema(description = "What became of the last time; absent: there was none.")
                @Nullable Last last,
        @Schema(description = "Grows with each change that was asked for; also the ETag.")
                long revision) {

    @Schema(name = "ScheduledJob", description = "What begins.")
    record Job(
            String kind,
            String path,
            @Schema(description = "Absent: everything below the path.")
                    @Nullable SelectionView select,
            int priority,
            JobView.Limits limits,
            String require) {}

    @Schema(name = "LastTime", description = "What became of a planned time.")
    record Last(
            Instant plannedAt,
            @Schema(description = "That was begun; absent: none.") @Nullable String jobId,
            @Schema(description = "Why none was; empty: one was.") String message) {}

    @Schema(name = "Schedules", description = "All schedules, by name.")
    record All(List<ScheduleView> schedules) {}

    static ScheduleView of(Schedule schedule) {
        ScheduledJob job = schedule.job();
        return new ScheduleView(
                schedule.name(),
                schedule.timetable().cron(),
                schedule.timetable().zone().getId(),
                schedule.timetable().jitter().toString(),
                schedule.overlap().word(),
                new Job(
                        job.kind().word(),
                        job.path().toString(),
                        SelectionView.of(job.selection()),
                        job.controls().priority(),
                        new JobView.Limits(
                                job.controls().bytesPerSecond(),
                                job.controls().requestsPerSecond(),
                                job.controls().filesPerWorker()),
                        job.controls().require().toString()),
                job.minAge().map(Duration::toString).orElse(null),
                job.maxAge().map(Duration::toString).orElse(null),
                job.deadlineAfter().map(Duration::toString).orElse(null),
                schedule.paused(),
                schedule.next().orElse(null),
                schedule.last()
                        .map(last ->
                                new Last(
                                        last.planned(),
                                        last.job().map(JobId::value).orElse(null),
                                        last.message()))
                        .orElse(null),
                schedule.revision());
    }
}
