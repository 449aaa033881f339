package io.millrace.job.schedule;

import io.millrace.job.ledger.JobId;
import java.time.Instant;
import java.util.Optional;

/**
 * A schedule at one moment.
 *
 * @param name its own
 * @param timetable when
 * @param overlap what is done when such a job runs already
 * @param job what
 * @param paused whether nothing begins by it
 * @param next the next planned time; empty: there is none, or it is paused
 * @param last what became of the last time; empty: there was none
 * @param revision grows with each change that was asked for
 */
public record Schedule(
        String name,
        Timetable timetable,
        Overlap overlap,
        ScheduledJob job,
        boolean paused,
        Optional<Instant> next,
        Optional<Last> last,
        long revision) {

    /**
     * @param planned the time it was planned for
     * @param job that was begun; empty: none
     * @param message why none was; empty: one was
     */
    public record Last(Instant planned, Optional<JobId> job, String message) {}
}
