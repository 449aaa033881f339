package io.millrace.job.ledger;

import io.millrace.contracts.v1.BatchKind;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.Locale;

/** What a job does. */
public enum JobKind {
    /** Fetches what lies below a path into the cache. */
    LOAD(BatchKind.BATCH_KIND_LOAD, "loaded"),
    /** Drops what lies below a path from the cache. */
    FREE(BatchKind.BATCH_KIND_FREE, "freed");

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

    public BatchKind batchKind() {
        return batchKind;
    }

    /** As people write it: {@code load}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads {@link #word()}, in any case.
     *
     * @throws MillraceException INVALID_ARGUMENT when there is no such kind
     */
    public static JobKind parse(String word) {
        for (JobKind kind : values()) {
            if (kind.name().equalsIgnoreCase(word)) {
                return kind;
            }
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "job kind '" + word + "' is unknown: it is load or free");
    }
}
