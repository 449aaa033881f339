package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;

/**
 * A file that a job gave up.
 *
 * @param path absolute
 * @param bytes of it that failed
 * @param code why
 * @param message why, in one sentence
 */
public record Failure(String path, long bytes, ErrorCode code, String message) {

    /** What the file is counted as. */
    public Fate fate() {
        return Fate.of(code);
    }
}
