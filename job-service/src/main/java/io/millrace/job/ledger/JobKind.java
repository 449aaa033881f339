package io.millrace.job.ledger;

import io.millrace.contracts.v1.BatchKind;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a job does. */
public enum JobKind {
    /** Fetches what lies below a path into the cache. */
    LOAD(BatchKind.BATCH_KIND_LOAD, "loaded"),
    /** Brings what the namespace knows of a path up to date; fetches no bytes. */
    LOAD_METADATA(BatchKind.BATCH_KIND_UNSPECIFIED, "listed"),
    /**
     * Brings the namespace up to what the bucket holds below a directory, and tells what differed.
     */
    SYNC(BatchKind.BATCH_KIND_UNSPECIFIED, "synced"),
    /** Drops what lies below a path from the cache. */
    FREE(BatchKind.BATCH_KIND_FREE, "freed"),
    /** Checks what is cached against its checksums, and its version against the bucket. */
    VERIFY(BatchKind.BATCH_KIND_VERIFY, "verified"),
    /** Fetches what lies below a path into the cache of each of its owners. */
    WARM_REPLICAS(BatchKind.BATCH_KIND_LOAD, "loaded"),
    /** Pins a path, and loads what lies below it. */
    PIN(BatchKind.BATCH_KIND_LOAD, "loaded"),
    /** Takes the pin of a path back; frees nothing. */
    UNPIN(BatchKind.BATCH_KIND_UNSPECIFIED, "unpinned");

    private final BatchKind batchKind;
    private final String done;

    JobKind(BatchKind batchKind, String done) {
        this.batchKind = batchKind;
        this.done = done;
    }

    /** What it does to a file, as a participle: {@code loaded}. */
    String done() {
        return done;
    }

    /** Whether it does something to the path itself, and not only to files below it. */
    boolean isOfWholePath() {
        return switch (this) {
            case PIN, UNPIN, SYNC -> true;
            case LOAD, LOAD_METADATA, FREE, VERIFY, WARM_REPLICAS -> false;
        };
    }

    /**
     * What is said of a job that had no files.
     *
     * @param unselected how many it left out
     */
    String nothing(long unselected) {
        if (this == UNPIN) {
            return "the pin was taken back";
        }
        return "there was nothing to "
                + word()
                + (unselected == 0
                        ? ": the path holds no files"
                        : ": none of the " + unselected + " files below the path is selected");
    }

    /** UNSPECIFIED: workers have nothing to do with it. */
    public BatchKind batchKind() {
        return batchKind;
    }

    /** Whether its batches fetch bytes. */
    public boolean isLoading() {
        return batchKind == BatchKind.BATCH_KIND_LOAD;
    }

    /** Whether its files are done by having been listed. */
    public boolean isListing() {
        return this == LOAD_METADATA || this == SYNC;
    }

    /** As people write it: {@code warm-replicas}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Reads {@link #word()}, in any case.
     *
     * @throws MillraceException INVALID_ARGUMENT when there is no such kind
     */
    public static JobKind parse(String word) {
        for (JobKind kind : values()) {
            if (kind.word().equalsIgnoreCase(word)) {
                return kind;
            }
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "job kind '"
                        + word
                        + "' is unknown: it is one of "
                        + Arrays.stream(values())
                                .map(JobKind::word)
                                .collect(Collectors.joining(", ")));
    }
}
