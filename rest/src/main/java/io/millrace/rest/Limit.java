package io.millrace.rest;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import org.jspecify.annotations.Nullable;

/** Reads how much of a list is asked for. */
public final class Limit {

    private Limit() {}

    /**
     * Reads a query parameter {@code limit}.
     *
     * @param asked absent or empty: {@code usual}
     * @param most from 1 to it
     * @throws MillraceException INVALID_ARGUMENT when it is no such number
     */
    public static int parse(@Nullable String asked, int usual, int most) {
        if (asked == null || asked.isEmpty()) {
            return usual;
        }
        try {
            int limit = Integer.parseInt(asked);
            if (limit >= 1 && limit <= most) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // Answered like a number that is out of bounds.
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "limit '" + asked + "' is not a number within 1 and " + most);
    }
}
