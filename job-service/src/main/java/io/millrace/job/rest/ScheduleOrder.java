package io.millrace.job.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.job.schedule.Overlap;
import io.millrace.job.schedule.ScheduledJob;
import io.millrace.job.schedule.Scheduler;
import io.millrace.job.schedule.Timetable;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.rest.Body;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A schedule that is wanted, as JSON. */
@Schema(name = "ScheduleOrder", description = "Which job is to begin when.")
record ScheduleOrder(
        @Schema(
                        description =
                                "1 to 63 small letters, digits and dashes. In a PUT, that of the path, or absent.",
                        examples = "nightly")
                @Nullable String name,
        @Schema(
                        required = true,
                        description = "Minute, hour, day of month, month, day of week.",
                        examples = "30 2 * * 1-5")
                @Nullable String cron,
        @Schema(
                        description = "Whose clocks it goes by; UTC by default.",
                        examples = "Europe/Berlin")
                @Nullable String zone,
        @Schema(
                        description =
                                "It begins up to so much later; 0 to 24 hours, PT0S by default.",
                        examples = "PT5M")
                @Nullable String jitter,
        @Schema(
                        description =
                                "When such a job runs on the path already: leave this time out (default), begin once when"
                                        + " it has ended, or cancel it.",
                        enumeration = {"skip", "buffer-one", "cancel-other"})
                @Nullable String overlap,
        @Schema(required = true, description = "What begins; without times of its own.")
                @Nullable JobOrder job,
        @Schema(
                        description = "Files modified later than so long before are left out.",
                        examples = "P30D")
                @Nullable String minAge,
        @Schema(description = "Files modified earlier than so long before are left out.")
                @Nullable String maxAge,
        @Schema(
                        description =
                                "When the job ends, whatever is open then, after its planned time.",
                        examples = "PT4H")
                @Nullable String deadlineAfter,
        @Schema(description = "Whether nothing begins by it.") @Nullable Boolean paused) {

    private static final String EXAMPLE =
            "{\"name\": \"nightly\", \"cron\": \"30 2 * * *\", \"job\": {\"kind\": \"load\","
                    + " \"path\": \"/data\"}}";

    /**
     * Reads a request's body.
     *
     * @param named what the schedule is called; empty: the body says it
     * @throws MillraceException INVALID_ARGUMENT when it is no schedule
     */
    static Scheduler.Wanted read(ObjectMapper json, @Nullable String body, Optional<String> named) {
        ScheduleOrder order = Body.read(json, body, ScheduleOrder.class, EXAMPLE);
        String name = named.orElse(order.name());
        if (name == null || order.cron() == null || order.job() == null) {
            throw Body.without(EXAMPLE, "name, cron and job");
        }
        if (order.name() != null && !order.name().equals(name)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "the body names schedule '" + order.name() + "', the path '" + name + "'");
        }
        JobOrder.Checked job = order.job().checked();
        return new Scheduler.Wanted(
                name,
                new Timetable(
                        order.cron(),
                        Timetable.parseZone(order.zone() == null ? "UTC" : order.zone()),
                        duration("jitter", order.jitter()).orElse(Duration.ZERO)),
                order.overlap() == null ? Overlap.SKIP : Overlap.parse(order.overlap()),
                new ScheduledJob(
                        job.kind(),
                        job.path(),
                        job.selection(),
                        duration("minAge", order.minAge()),
                        duration("maxAge", order.maxAge()),
                        job.controls(),
                        duration("deadlineAfter", order.deadlineAfter())),
                Boolean.TRUE.equals(order.paused()));
    }

    private static Optional<Duration> duration(String name, @Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Duration.parse(text));
        } catch (DateTimeParseException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s '%s' is not a time as PT5M or P30D".formatted(name, text),
                    e);
        }
    }
}
