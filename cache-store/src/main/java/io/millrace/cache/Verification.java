package io.millrace.cache;

/** What came of verifying a file of the cache on demand. */
public sealed interface Verification {

    /**
     * All that is resident was read from the disk and is right.
     *
     * @param bytes of it
     */
    record Verified(long bytes) implements Verification {}

    /**
     * It was wrong, or could not be read: it is dropped, and will be fetched again.
     *
     * @param bytes that were resident
     */
    record Dropped(long bytes) implements Verification {}

    /** Nothing of it is resident. */
    record Absent() implements Verification {}
}
