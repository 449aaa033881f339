package io.millrace.job.rpc;

import io.millrace.contracts.v1.ScheduleOverlap;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.JobId;
import io.millrace.job.schedule.Overlap;
import io.millrace.job.schedule.Schedule;
import io.millrace.job.schedule.ScheduledJob;
import io.millrace.job.schedule.Scheduler;
import io.millrace.job.schedule.Timetable;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Schedules as messages, and what is asked of them back. */
final class ScheduleMessages {

    private ScheduleMessages() {}

    static io.millrace.contracts.v1.Schedule schedule(Schedule schedule) {
        ScheduledJob job = schedule.job();
        SubmitJobRequest.Builder request =
                SubmitJobRequest.newBuilder()
                        .setKind(JobMessages.kind(job.kind()))
                        .setPath(job.path().toString())
                        .setControls(JobMessages.controls(job.controls()));
        if (!job.selection().isAll()) {
            request.setSelection(JobMessages.selection(job.selection()));
        }
        io.millrace.contracts.v1.Schedule.Builder message =
                io.millrace.contracts.v1.Schedule.newBuilder()
                        .setName(schedule.name())
                        .setCron(schedule.timetable().cron())
                        .setZone(schedule.timetable().zone().getId())
                        .setJitterMillis(schedule.timetable().jitter().toMillis())
                        .setOverlap(overlap(schedule.overlap()))
                        .setJob(request)
                        .setPaused(schedule.paused())
                        .setRevision(schedule.revision())
                        .setNextMillis(schedule.next().map(Instant::toEpochMilli).orElse(0L));
        job.minAge().ifPresent(age -> message.setMinAgeMillis(age.toMillis()));
        job.maxAge().ifPresent(age -> message.setMaxAgeMillis(age.toMillis()));
        job.deadlineAfter().ifPresent(time -> message.setDeadlineAfterMillis(time.toMillis()));
        schedule.last()
                .ifPresent(last ->
                        message.setLastMillis(last.planned().toEpochMilli())
                                .setLastJobId(last.job().map(JobId::value).orElse(""))
                                .setLastMessage(last.message()));
        return message.build();
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when a value is none
     */
    static Scheduler.Wanted wanted(io.millrace.contracts.v1.Schedule asked) {
        SubmitJobRequest job = asked.getJob();
        if (!job.getIdempotencyKey().isEmpty()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "a schedule makes the keys of its jobs itself");
        }
        return new Scheduler.Wanted(
                asked.getName(),
                new Timetable(
                        asked.getCron(),
                        Timetable.parseZone(asked.getZone().isEmpty() ? "UTC" : asked.getZone()),
                        Duration.ofMillis(asked.getJitterMillis())),
                overlap(asked.getOverlap()),
                new ScheduledJob(
                        JobMessages.kind(job.getKind()),
                        NamespacePath.parse(job.getPath()),
                        JobMessages.selection(job.getSelection()),
                        time(asked.hasMinAgeMillis(), asked.getMinAgeMillis()),
                        time(asked.hasMaxAgeMillis(), asked.getMaxAgeMillis()),
                        JobMessages.controls(Controls.DEFAULT, job.getControls()),
                        time(asked.hasDeadlineAfterMillis(), asked.getDeadlineAfterMillis())),
                asked.getPaused());
    }

    static OptionalLong revision(long revision) {
        return revision == 0 ? OptionalLong.empty() : OptionalLong.of(revision);
    }

    private static Optional<Duration> time(boolean given, long millis) {
        return given ? Optional.of(Duration.ofMillis(millis)) : Optional.empty();
    }

    private static Overlap overlap(ScheduleOverlap overlap) {
        return switch (overlap) {
            case SCHEDULE_OVERLAP_UNSPECIFIED, SCHEDULE_OVERLAP_SKIP -> Overlap.SKIP;
            case SCHEDULE_OVERLAP_BUFFER_ONE -> Overlap.BUFFER_ONE;
            case SCHEDULE_OVERLAP_CANCEL_OTHER -> Overlap.CANCEL_OTHER;
            case UNRECOGNIZED ->
                    throw new MillraceException(
                            ErrorCode.INVALID_ARGUMENT, "overlap is none that is known");
        };
    }

    private static ScheduleOverlap overlap(Overlap overlap) {
        return switch (overlap) {
            case SKIP -> ScheduleOverlap.SCHEDULE_OVERLAP_SKIP;
            case BUFFER_ONE -> ScheduleOverlap.SCHEDULE_OVERLAP_BUFFER_ONE;
            case CANCEL_OTHER -> ScheduleOverlap.SCHEDULE_OVERLAP_CANCEL_OTHER;
        };
    }
}
