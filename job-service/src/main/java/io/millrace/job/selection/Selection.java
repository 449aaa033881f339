package io.millrace.job.selection;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * Which of the files below a path are meant. A file is when it matches one of {@code include}, or
 * there is none, and matches none of {@code exclude}, and lies within all bounds.
 *
 * <p>A pattern is a glob, or a regular expression after {@code regex:}. A glob without {@code /} is
 * about the file's name, one with {@code /} about the path from where the job begins: {@code *} and
 * {@code ?} stay within a name, {@code **} does not, <code>[a-z]</code>, <code>[!a-z]</code> and
 * <code>{jpg,png}</code> choose, <code>\</code> takes the next character as it is, and what ends in
 * {@code /} means all below. A regular expression (RE2 syntax) may match anywhere in that path.
 *
 * @param include at most 100 patterns; empty: all
 * @param exclude at most 100 patterns; stronger than {@code include}
 * @param minBytes 0 or more
 * @param maxBytes {@code minBytes} or more; {@link Long#MAX_VALUE}: any size
 * @param modifiedSince inclusive; empty: however old
 * @param modifiedBefore exclusive; empty: however young
 */
public record Selection(
        List<String> include,
        List<String> exclude,
        long minBytes,
        long maxBytes,
        Optional<Instant> modifiedSince,
        Optional<Instant> modifiedBefore) {

    /** Everything. */
    public static final Selection ALL =
            new Selection(
                    List.of(), List.of(), 0, Long.MAX_VALUE, Optional.empty(), Optional.empty());

    private static final int MOST_PATTERNS = 100;
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    /**
     * @throws MillraceException INVALID_ARGUMENT, saying which, when a pattern or bound is none, or
     *     the bounds leave no room
     */
    public Selection {
        include = checked("include", include);
        exclude = checked("exclude", exclude);
        if (minBytes < 0 || maxBytes < minBytes) {
            throw invalid(
                    "sizes from %d to %d are none: 0 <= minBytes <= maxBytes"
                            .formatted(minBytes, maxBytes));
        }
        modifiedSince = modifiedSince.map(at -> checked("modifiedSince", at));
        modifiedBefore = modifiedBefore.map(at -> checked("modifiedBefore", at));
        if (modifiedSince.isPresent()
                && modifiedBefore.isPresent()
                && !modifiedSince.get().isBefore(modifiedBefore.get())) {
            throw invalid(
                    "there is no time from modifiedSince %s to before modifiedBefore %s"
                            .formatted(modifiedSince.get(), modifiedBefore.get()));
        }
    }

    private static List<String> checked(String name, List<String> patterns) {
        if (patterns.size() > MOST_PATTERNS) {
            throw invalid(
                    "%s has %d patterns, and may have %d"
                            .formatted(name, patterns.size(), MOST_PATTERNS));
        }
        patterns.forEach(pattern -> PathPattern.parse(name, pattern));
        return List.copyOf(patterns);
    }

    private static Instant checked(String name, Instant at) {
        if (at.isBefore(Instant.EPOCH) || at.isAfter(LATEST)) {
            throw invalid(name + " " + at + " is not within 1970 and 9999");
        }
        return at.truncatedTo(ChronoUnit.MILLIS);
    }

    static MillraceException invalid(String message) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, message);
    }

    public boolean isAll() {
        return equals(ALL);
    }
}
