package io.millrace.job.ledger;

import io.millrace.model.ByteCount;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;

/**
 * The life of a job, one record per state.
 *
 * <pre>
 * PLANNED -> RUNNING -> SUCCEEDED | PARTIAL | FAILED
 * PLANNED, RUNNING <-> PAUSED
 * PLANNED, RUNNING, PAUSED -> CANCELLED | FAILED
 * </pre>
 *
 * <p>A paused job whose last batch was with a worker ends as it would have: nothing is left to
 * pause.
 */
public sealed interface JobState {

    /** The states by name, as they are stored and told, with the ways out of each. */
    enum Name {
        PLANNED,
        RUNNING,
        PAUSED,
        SUCCEEDED,
        PARTIAL,
        FAILED,
        CANCELLED;

        /** What may follow; empty: it is never left again. */
        public Set<Name> next() {
            return switch (this) {
                case PLANNED -> EnumSet.of(RUNNING, PAUSED, FAILED, CANCELLED);
                case RUNNING -> EnumSet.of(PAUSED, SUCCEEDED, PARTIAL, FAILED, CANCELLED);
                case PAUSED -> EnumSet.of(PLANNED, RUNNING, SUCCEEDED, PARTIAL, FAILED, CANCELLED);
                case SUCCEEDED, PARTIAL, FAILED, CANCELLED -> EnumSet.noneOf(Name.class);
            };
        }

        public boolean isOpen() {
            return !next().isEmpty();
        }
    }

    default Name name() {
        return switch (this) {
            case Planned _ -> Name.PLANNED;
            case Running _ -> Name.RUNNING;
            case Paused _ -> Name.PAUSED;
            case Succeeded _ -> Name.SUCCEEDED;
            case Partial _ -> Name.PARTIAL;
            case Failed _ -> Name.FAILED;
            case Cancelled _ -> Name.CANCELLED;
        };
    }

    /** Not ended yet. */
    sealed interface Open extends JobState {}

    /** Never left again. */
    sealed interface Ended extends JobState {
        Instant finished();

        /** Why it ended so, in one sentence; may be empty for a success. */
        String message();
    }

    /** Accepted; no batch has been cut. */
    record Planned() implements Open {}

    /** The planner has begun. */
    record Running() implements Open {}

    /** Nothing is planned or sent, and workers give back what they have not begun. */
    record Paused() implements Open {}

    record Succeeded(Instant finished, String message) implements Ended {}

    /** Some files were lost, more than may be; the job's failures say which and why. */
    record Partial(Instant finished, String message) implements Ended {}

    /** Nothing succeeded, or the planner gave up. */
    record Failed(Instant finished, String message) implements Ended {}

    record Cancelled(Instant finished, String message) implements Ended {}

    /**
     * The state of a job whose planner has finished and that has no batch left. Only one whose
     * every planned file and byte has an outcome, and of which as much as is required is done or
     * skipped, has SUCCEEDED.
     *
     * @param unselected files that were left out
     * @param differences of a sync
     * @param firstFailure one of the reasons; empty when nothing was lost
     */
    static Ended settled(
            JobKind kind,
            Counts counts,
            long unselected,
            Differences differences,
            Require require,
            String firstFailure,
            Instant at) {
        Tally open = counts.open();
        if (!open.equals(Tally.NONE)) {
            return new Failed(
                    at,
                    "%s has no batch left and %d of %d files, %d of %d bytes without an outcome: a defect"
                            .formatted(
                                    kind.word(),
                                    open.files(),
                                    counts.planned().files(),
                                    open.bytes(),
                                    counts.planned().bytes()));
        }
        if (kind == JobKind.SYNC) {
            return new Succeeded(at, differences.text());
        }
        if (counts.planned().files() == 0) {
            return new Succeeded(at, kind.nothing(unselected));
        }
        if (counts.lost().equals(Lost.NONE)) {
            return new Succeeded(at, "");
        }
        String message =
                "%d of %d files (%s) could not be %s%s: %s"
                        .formatted(
                                counts.lost().total().files(),
                                counts.planned().files(),
                                new ByteCount(counts.lost().total().bytes()),
                                kind.done(),
                                why(counts.lost()),
                                firstFailure);
        return require.isMetBy(counts) && !counts.well().equals(Tally.NONE)
                ? new Succeeded(at, message + "; " + require + " are required")
                : someOrNone(counts, message, at);
    }

    private static String why(Lost lost) {
        return lost.failed().equals(lost.total())
                ? ""
                : " (%d failed, %d vanished, %d changed)"
                        .formatted(
                                lost.failed().files(),
                                lost.vanished().files(),
                                lost.changed().files());
    }

    /** The state of a job whose deadline has passed while something was open. */
    static Ended overdue(Instant deadline, Counts counts, Instant at) {
        Tally open = counts.open();
        Lost lost = counts.lost();
        String message =
                "deadline %s has passed: of %d files (%s) planned by then %d (%s) are done or skipped, %d (%s) failed, %d (%s) vanished, %d (%s) changed, %d (%s) open"
                        .formatted(
                                deadline,
                                counts.planned().files(),
                                new ByteCount(counts.planned().bytes()),
                                counts.well().files(),
                                new ByteCount(counts.well().bytes()),
                                lost.failed().files(),
                                new ByteCount(lost.failed().bytes()),
                                lost.vanished().files(),
                                new ByteCount(lost.vanished().bytes()),
                                lost.changed().files(),
                                new ByteCount(lost.changed().bytes()),
                                open.files(),
                                new ByteCount(open.bytes()));
        return someOrNone(counts, message, at);
    }

    private static Ended someOrNone(Counts counts, String message, Instant at) {
        return counts.well().equals(Tally.NONE)
                ? new Failed(at, message)
                : new Partial(at, message);
    }
}
