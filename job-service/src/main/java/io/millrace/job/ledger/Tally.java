package io.millrace.job.ledger;

/**
 * A number of files and of bytes.
 *
 * @param files how many
 * @param bytes how many
 */
public record Tally(long files, long bytes) {

    public static final Tally NONE = new Tally(0, 0);

    public Tally plus(Tally other) {
        return new Tally(files + other.files, bytes + other.bytes);
    }

    public Tally minus(Tally other) {
        return new Tally(files - other.files, bytes - other.bytes);
    }
}
