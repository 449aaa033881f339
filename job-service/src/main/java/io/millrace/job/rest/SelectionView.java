package io.millrace.job.rest;

import io.millrace.job.selection.Selection;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Which files are meant, as JSON, in both directions: what is absent leaves nothing out. */
@Schema(
        name = "JobSelection",
        description =
                "Which of the files below the path are meant: those that match one of include, or"
                        + " there is none, and none of exclude, and lie within all bounds.")
record SelectionView(
        @Schema(
                        description =
                                "At most 100 globs, or regular expressions (RE2) after regex:, of 1"
                                        + " to 1,024 characters.",
                        examples = "[\"*.jpg\", \"train/**\", \"regex:^shard-[0-9]+\"]")
                @Nullable List<@Nullable String> include,
        @Schema(description = "As include; stronger.") @Nullable List<@Nullable String> exclude,
        @Nullable Long minBytes,
        @Nullable Long maxBytes,
        @Schema(description = "Inclusive.", examples = "2026-12-01T06:00:00Z")
                @Nullable String modifiedSince,
        @Schema(description = "Exclusive.", examples = "2026-12-02T06:00:00Z")
                @Nullable String modifiedBefore) {

    static @Nullable SelectionView of(Selection selection) {
        return selection.isAll()
                ? null
                : new SelectionView(
                        List.copyOf(selection.include()),
                        List.copyOf(selection.exclude()),
                        selection.minBytes() == 0 ? null : selection.minBytes(),
                        selection.maxBytes() == Long.MAX_VALUE ? null : selection.maxBytes(),
                        selection.modifiedSince().map(Instant::toString).orElse(null),
                        selection.modifiedBefore().map(Instant::toString).orElse(null));
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when a value is none
     */
    static Selection read(@Nullable SelectionView asked) {
        if (asked == null) {
            return Selection.ALL;
        }
        return new Selection(
                texts("include", asked.include()),
                texts("exclude", asked.exclude()),
                asked.minBytes() == null ? 0 : asked.minBytes(),
                asked.maxBytes() == null ? Long.MAX_VALUE : asked.maxBytes(),
                instant("modifiedSince", asked.modifiedSince()),
                instant("modifiedBefore", asked.modifiedBefore()));
    }

    private static List<String> texts(String name, @Nullable List<@Nullable String> texts) {
        if (texts == null) {
            return List.of();
        }
        return texts.stream()
                .map(text -> {
                    if (text == null) {
                        throw new MillraceException(
                                ErrorCode.INVALID_ARGUMENT, "a pattern of " + name + " is null");
                    }
                    return text;
                })
                .toList();
    }

    private static Optional<Instant> instant(String name, @Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s '%s' is not a time as 2026-12-01T06:00:00Z".formatted(name, text),
                    e);
        }
    }
}
