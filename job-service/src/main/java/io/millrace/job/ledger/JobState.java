package io.millrace.job.ledger;

import io.millrace.model.ByteCount;
import java.time.Instant;

/**
 * The life of a job, one record per state, each with the ways out of it.
 *
 * <pre>
 * PLANNED -> RUNNING -> SUCCEEDED | PARTIAL | FAILED
 * PLANNED, RUNNING -> CANCELLED | FAILED
 * </pre>
 */
public sealed interface JobState {

    /** One of the names above, as it is stored and told. */
    default String word() {
        return switch (this) {
            case Planned _ -> "PLANNED";
            case Running _ -> "RUNNING";
            case Succeeded _ -> "SUCCEEDED";
            case Partial _ -> "PARTIAL";
            case Failed _ -> "FAILED";
            case Cancelled _ -> "CANCELLED";
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
    record Running() implements Open {

        /**
         * The state of a job whose planner has finished and that has no batch left. Only one whose
         * every planned file and byte is done or skipped has SUCCEEDED.
         *
         * @param firstFailure one of the reasons; empty when nothing failed
         */
        public Ended settle(JobKind kind, Counts counts, String firstFailure, Instant at) {
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
                return failed(kind, counts, firstFailure, at);
            }
            return new Succeeded(
                    at,
                    counts.planned().files() == 0
                            ? "there was nothing to " + kind.word() + ": the path holds no files"
                            : "");
        }

        private static Ended failed(JobKind kind, Counts counts, String firstFailure, Instant at) {
            String message =
                    "%d of %d files (%s) could not be %s: %s"
                            .formatted(
                                    counts.failed().files(),
                                    counts.planned().files(),
                                    new ByteCount(counts.failed().bytes()),
                                    kind == JobKind.LOAD ? "loaded" : "freed",
                                    firstFailure);
            boolean nothing = counts.done().plus(counts.skipped()).equals(Tally.NONE);
            return nothing ? new Failed(at, message) : new Partial(at, message);
        }
    }

    record Succeeded(Instant finished, String message) implements Ended {}

    /** Some files failed; the job's failures say which and why. */
    record Partial(Instant finished, String message) implements Ended {}

    /** Nothing succeeded, or the planner gave up. */
    record Failed(Instant finished, String message) implements Ended {}

    record Cancelled(Instant finished, String message) implements Ended {}
}
