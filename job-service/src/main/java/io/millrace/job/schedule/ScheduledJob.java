package io.millrace.job.schedule;

import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Order;
import io.millrace.job.selection.Selection;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a schedule begins. Times in it are relative to the time it was planned for.
 *
 * @param kind what
 * @param path where
 * @param selection which of the files below the path, without bounds of their times
 * @param minAge files modified later than so long before are left out
 * @param maxAge files modified earlier than so long before are left out
 * @param controls how, without a deadline
 * @param deadlineAfter when it ends, whatever is open then
 */
public record ScheduledJob(
        JobKind kind,
        NamespacePath path,
        Selection selection,
        Optional<Duration> minAge,
        Optional<Duration> maxAge,
        Controls controls,
        Optional<Duration> deadlineAfter) {

    private static final Duration LONGEST = Duration.ofDays(36_500);

    /**
     * @throws MillraceException INVALID_ARGUMENT when a time is absolute, negative, or longer than
     *     a century, or the ages leave no room, and as {@link Order}
     */
    public ScheduledJob {
        if (selection.modifiedSince().isPresent() || selection.modifiedBefore().isPresent()) {
            throw invalid("a schedule bounds the age of files by minAge and maxAge, not by times");
        }
        if (controls.deadline().isPresent()) {
            throw invalid("a schedule has deadlineAfter, not a deadline");
        }
        check("minAge", minAge);
        check("maxAge", maxAge);
        check("deadlineAfter", deadlineAfter);
        if (minAge.isPresent() && maxAge.isPresent() && minAge.get().compareTo(maxAge.get()) >= 0) {
            throw invalid("minAge " + minAge.get() + " is not below maxAge " + maxAge.get());
        }
        var _ = order(kind, path, selection, minAge, maxAge, controls, deadlineAfter, "-", CHECK);
    }

    private static final Instant CHECK = Instant.parse("2100-01-01T00:00:00Z");

    private static void check(String name, Optional<Duration> time) {
        if (time.isPresent()
                && (time.get().isNegative()
                        || time.get().isZero()
                        || time.get().compareTo(LONGEST) > 0)) {
            throw invalid(name + " " + time.get() + " is not above 0 and up to 36,500 days");
        }
    }

    private static MillraceException invalid(String message) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, message);
    }

    /** What to submit for the time {@code planned}: each time the same. */
    Order order(String requestKey, Instant planned) {
        return order(
                kind,
                path,
                selection,
                minAge,
                maxAge,
                controls,
                deadlineAfter,
                requestKey,
                planned);
    }

    private static Order order(
            JobKind kind,
            NamespacePath path,
            Selection selection,
            Optional<Duration> minAge,
            Optional<Duration> maxAge,
            Controls controls,
            Optional<Duration> deadlineAfter,
            String requestKey,
            Instant planned) {
        Selection dated =
                new Selection(
                        selection.include(),
                        selection.exclude(),
                        selection.minBytes(),
                        selection.maxBytes(),
                        maxAge.map(age -> before(planned, age)),
                        minAge.map(age -> before(planned, age)));
        return new Order(
                kind,
                path,
                dated,
                controls.withDeadline(deadlineAfter.map(planned::plus)),
                Optional.empty(),
                Optional.of(requestKey));
    }

    private static Instant before(Instant planned, Duration age) {
        Instant at = planned.minus(age);
        return at.isBefore(Instant.EPOCH) ? Instant.EPOCH : at;
    }
}
