package io.millrace.model;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The one exception type of Millrace: a code that says what the caller may do, and one sentence
 * that names the subject, the limit met and the setting that changes it.
 */
public final class MillraceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public MillraceException(ErrorCode code, String message) {
        this(code, message, null);
    }

    public MillraceException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = requireNonNull(code);
    }

    public ErrorCode code() {
        return code;
    }

    /** Never null: every failure says what it is. */
    @Override
    public String getMessage() {
        return requireNonNull(super.getMessage());
    }
}
