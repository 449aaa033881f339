package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;

/** Why a file could not be done. */
public enum Fate {
    /** It could not be read, or there was no room for it. */
    FAILED,
    /** It is no longer in the bucket. */
    VANISHED,
    /** The bucket has another version of it. */
    CHANGED;

    /** What a failure with {@code code} means for the file. */
    public static Fate of(ErrorCode code) {
        return switch (code) {
            case NOT_FOUND -> VANISHED;
            case STALE_VERSION -> CHANGED;
            case INVALID_ARGUMENT,
                    NAME_TOO_LONG,
                    NOT_A_DIRECTORY,
                    IS_A_DIRECTORY,
                    ALREADY_EXISTS,
                    CONFLICT,
                    RANGE_NOT_SATISFIABLE,
                    PERMISSION_DENIED,
                    READ_ONLY,
                    BUSY,
                    NO_SPACE,
                    UNAVAILABLE,
                    DEADLINE_EXCEEDED,
                    INTERRUPTED,
                    CORRUPT,
                    IO_ERROR,
                    INTERNAL ->
                    FAILED;
        };
    }

    /** As it is told: {@code vanished}. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
