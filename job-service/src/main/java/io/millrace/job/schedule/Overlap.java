package io.millrace.job.schedule;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is done when it is time and such a job runs on the path already. */
public enum Overlap {
    /** This time is left out. */
    SKIP,
    /** The job begins when the other has ended, once, however many times have passed by then. */
    BUFFER_ONE,
    /** The other is cancelled. */
    CANCEL_OTHER;

    /** As people write it: {@code buffer-one}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when there is no such policy
     */
    public static Overlap parse(String word) {
        for (Overlap overlap : values()) {
            if (overlap.word().equalsIgnoreCase(word)) {
                return overlap;
            }
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "overlap '%s' is unknown: it is one of %s"
                        .formatted(
                                word,
                                Arrays.stream(values())
                                        .map(Overlap::word)
                                        .collect(Collectors.joining(", "))));
    }
}
