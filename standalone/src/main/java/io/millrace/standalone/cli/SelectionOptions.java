package io.millrace.standalone.cli;

import io.millrace.contracts.v1.JobSelection;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which of the files below a path a job is about. */
final class SelectionOptions {

    @Option(
            names = "--include",
            paramLabel = "PATTERN",
            description =
                    "Only files that match: a glob of the name (*.jpg) or, with a /, of the path from"
                            + " where the job begins (train/**), or regex:EXPRESSION. May be given"
                            + " more than once.")
    List<String> include = new ArrayList<>();

    @Option(
            names = "--exclude",
            paramLabel = "PATTERN",
            description = "Not the files that match, whatever includes them.")
    List<String> exclude = new ArrayList<>();

    @Option(
            names = "--min-size",
            paramLabel = "BYTES",
            description = "Only files of at least this size, as 1MiB.")
    @Nullable String minSize;

    @Option(
            names = "--max-size",
            paramLabel = "BYTES",
            description = "Only files of at most this size.")
    @Nullable String maxSize;

    @Option(
            names = "--modified-since",
            paramLabel = "TIME",
            description =
                    "Only files modified then or later: so long before now, as P1D, or at"
                            + " 2026-12-01T06:00:00Z.")
    @Nullable String modifiedSince;

    @Option(
            names = "--modified-before",
            paramLabel = "TIME",
            description = "Only files modified before.")
    @Nullable String modifiedBefore;

    JobSelection message() {
        JobSelection.Builder message =
                JobSelection.newBuilder().addAllInclude(include).addAllExclude(exclude);
        if (minSize != null) {
            message.setMinBytes(ByteCount.parse(minSize).bytes());
        }
        if (maxSize != null) {
            message.setMaxBytes(ByteCount.parse(maxSize).bytes());
        }
        Instant now = Instant.now();
        if (modifiedSince != null) {
            message.setModifiedSinceMillis(millis("modified-since", modifiedSince, now));
        }
        if (modifiedBefore != null) {
            message.setModifiedBeforeMillis(millis("modified-before", modifiedBefore, now));
        }
        return message.build();
    }

    static long millis(String name, String text, Instant now) {
        try {
            return text.startsWith("P")
                    ? now.minus(Duration.parse(text)).toEpochMilli()
                    : Instant.parse(text).toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s '%s' is neither as P1D nor as 2026-12-01T06:00:00Z".formatted(name, text),
                    e);
        }
    }

    /** As it was given, for people; empty: everything. */
    static String text(JobSelection selection) {
        List<String> parts = new ArrayList<>();
        selection.getIncludeList().forEach(pattern -> parts.add("--include '" + pattern + "'"));
        selection.getExcludeList().forEach(pattern -> parts.add("--exclude '" + pattern + "'"));
        if (selection.getMinBytes() > 0) {
            parts.add("--min-size " + selection.getMinBytes());
        }
        if (selection.hasMaxBytes()) {
            parts.add("--max-size " + selection.getMaxBytes());
        }
        if (selection.hasModifiedSinceMillis()) {
            parts.add(
                    "--modified-since " + Instant.ofEpochMilli(selection.getModifiedSinceMillis()));
        }
        if (selection.hasModifiedBeforeMillis()) {
            parts.add(
                    "--modified-before "
                            + Instant.ofEpochMilli(selection.getModifiedBeforeMillis()));
        }
        return String.join(" ", parts);
    }
}
