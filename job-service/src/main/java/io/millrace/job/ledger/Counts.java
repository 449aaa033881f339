package io.millrace.job.ledger;

/**
 * Where the files of a job are: planned = done + skipped + failed + vanished + changed + open, in
 * files and in bytes, at every moment.
 *
 * @param planned seen by the planner
 * @param done loaded, freed, verified
 * @param skipped nothing was to be done: resident already, or not resident
 * @param lost could not be done, each with a reason
 */
public record Counts(Tally planned, Tally done, Tally skipped, Lost lost) {

    public static final Counts NONE = new Counts(Tally.NONE, Tally.NONE, Tally.NONE, Lost.NONE);

    /** What is as it was asked for. */
    public Tally well() {
        return done.plus(skipped);
    }

    /** What has an outcome. */
    public Tally accounted() {
        return well().plus(lost.total());
    }

    public Tally open() {
        return planned.minus(accounted());
    }
}
