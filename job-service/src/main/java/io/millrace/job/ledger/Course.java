package io.millrace.job.ledger;

/**
 * What a batch's items have been through.
 *
 * @param moves how often they were found to be another worker's
 * @param tries how often they have failed
 * @param ownerRank for which of the owners of their blocks, from 0
 */
public record Course(int moves, int tries, int ownerRank) {

    /** Of what was never sent, for the first owners. */
    public static final Course FRESH = new Course(0, 0, 0);

    public Course moved() {
        return new Course(moves + 1, tries, ownerRank);
    }

    public Course tried() {
        return new Course(moves, tries + 1, ownerRank);
    }

    public Course forOwner(int rank) {
        return new Course(moves, tries, rank);
    }
}
