package io.millrace.job.ledger;

/**
 * Where the files of a job are: planned = done + skipped + failed + open, in files and in bytes, at
 * every moment.
 *
 * @param planned seen by the planner
 * @param done loaded, or freed
 * @param skipped nothing was to be done: resident already, or not resident
 * @param failed given up, each with a reason
 */
public record Counts(Tally planned, Tally done, Tally skipped, Tally failed) {

    public static final Counts NONE = new Counts(Tally.NONE, Tally.NONE, Tally.NONE, Tally.NONE);

    /** What has an outcome. */
    public Tally accounted() {
        return done.plus(skipped).plus(failed);
    }

    public Tally open() {
        return planned.minus(accounted());
    }
}
