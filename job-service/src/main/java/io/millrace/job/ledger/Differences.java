package io.millrace.job.ledger;

/**
 * How many files the bucket was found to hold otherwise than the namespace knew when a sync began.
 *
 * @param deleted also those below directories that are gone
 */
public record Differences(long added, long changed, long deleted) {

    public static final Differences NONE = new Differences(0, 0, 0);

    /** What is said of a sync that has ended. */
    String text() {
        return equals(NONE)
                ? "nothing had changed"
                : "%d new, %d changed, %d deleted".formatted(added, changed, deleted);
    }
}
