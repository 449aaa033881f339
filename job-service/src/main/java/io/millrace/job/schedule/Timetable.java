package io.millrace.job.schedule;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When something is to be done.
 *
 * @param cron minute, hour, day of month, month and day of week, as cron has them
 * @param zone whose clocks it goes by
 * @param jitter it begins up to so much later, each time by another share of it; below a day
 */
public record Timetable(String cron, ZoneId zone, Duration jitter) {

    private static final int LONGEST_CRON = 255;
    private static final Duration LONGEST_JITTER = Duration.ofDays(1);
    private static final CronParser PARSER =
            new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    /**
     * @throws MillraceException INVALID_ARGUMENT when the expression is none, or never comes to
     *     pass, or the jitter is negative or longer than a day
     */
    public Timetable {
        if (jitter.isNegative() || jitter.compareTo(LONGEST_JITTER) > 0) {
            throw invalid("jitter " + jitter + " is not within 0 and 24 hours", null);
        }
        if (next(cron, zone, Instant.now()).isEmpty()) {
            throw invalid("cron '" + cron + "' never comes to pass", null);
        }
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when there is no such zone
     */
    public static ZoneId parseZone(String zone) {
        try {
            return ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw invalid("zone '" + zone + "' is unknown: it is as UTC or Europe/Berlin", e);
        }
    }

    /** The first time after {@code after}; empty: there is none any more. */
    public Optional<Instant> next(Instant after) {
        return next(cron, zone, after);
    }

    /**
     * The newest time that has begun at {@code now}, whatever its jitter is; empty: there is none.
     */
    Optional<Instant> lastBegun(Instant now) {
        Instant afterIt = now.minus(jitter).truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
        return times(cron).lastExecution(afterIt.atZone(zone)).map(ZonedDateTime::toInstant);
    }

    private static Optional<Instant> next(String cron, ZoneId zone, Instant after) {
        return times(cron).nextExecution(after.atZone(zone)).map(ZonedDateTime::toInstant);
    }

    private static ExecutionTime times(String cron) {
        if (cron.length() > LONGEST_CRON) {
            throw invalid("cron has " + cron.length() + " characters, and at most 255", null);
        }
        try {
            return ExecutionTime.forCron(PARSER.parse(cron));
        } catch (IllegalArgumentException e) {
            throw invalid(
                    "cron '%s' is not as '30 2 * * 1-5': %s".formatted(cron, e.getMessage()), e);
        }
    }

    /** When {@code planned} begins, for the schedule called {@code name}: alike on all replicas. */
    Instant withJitter(String name, Instant planned) {
        long bound = jitter.toMillis();
        if (bound == 0) {
            return planned;
        }
        long mixed = (name.hashCode() * 31L + planned.getEpochSecond()) * 0x9E3779B97F4A7C15L;
        return planned.plusMillis(Long.remainderUnsigned(mixed ^ (mixed >>> 32), bound));
    }

    private static MillraceException invalid(String message, @Nullable Throwable cause) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, message, cause);
    }
}
