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

    /** Some files failed; the job's failures say which and why. */
    record Partial(Instant finished, String message) implements Ended {}

    /** Nothing succeeded, or the planner gave up. */
    record Failed(Instant finished, String message) implements Ended {}

    record Cancelled(Instant finished, String message) implements Ended {}

    /**
     * The state of a job whose planner has finished and that has no batch left. Only one whose
     * every planned file and byte is done or skipped has SUCCEEDED.
     *
     * @param firstFailure one of the reasons; empty when nothing failed
     */
    static Ended settled(JobKind kind, Counts counts, String firstFailure, Instant at) {
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
        if (!counts.failed().equals(Tally.NONE)) {
            String message =
                    "%d of %d files (%s) could not be %s: %s"
                            .formatted(
                                    counts.failed().files(),
                                    counts.planned().files(),
                                    new ByteCount(counts.failed().bytes()),
                                    kind.done(),
                                    firstFailure);
            return someOrNone(counts, message, at);
        }
        return new Succeeded(
                at,
                counts.planned().files() == 0
                        ? "there was nothing to " + kind.word() + ": the path holds no files"
                        : "");
    }

    /** The state of a job whose deadline has passed while something was open. */
    static Ended overdue(Instant deadline, Counts counts, Instant at) {
        Tally open = counts.open();
        Tally well = counts.done().plus(counts.skipped());
        String message =
                "deadline %s has passed: of %d files (%s) planned by then %d (%s) are done or skipped, %d (%s) failed, %d (%s) open"
                        .formatted(
                                deadline,
                                counts.planned().files(),
                                new ByteCount(counts.planned().bytes()),
                                well.files(),
                                new ByteCount(well.bytes()),
                                counts.failed().files(),
                                new ByteCount(counts.failed().bytes()),
                                open.files(),
                                new ByteCount(open.bytes()));
        return someOrNone(counts, message, at);
    }

    private static Ended someOrNone(Counts counts, String message, Instant at) {
        boolean nothing = counts.done().plus(counts.skipped()).equals(Tally.NONE);
        return nothing ? new Failed(at, message) : new Partial(at, message);
    }
}
