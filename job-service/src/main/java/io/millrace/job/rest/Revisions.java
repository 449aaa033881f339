package io.millrace.job.rest;

import io.millrace.job.ledger.Job;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import jakarta.ws.rs.core.EntityTag;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Revisions of jobs and schedules as entity tags: of what was asked for, not of progress. */
final class Revisions {

    static final String DESCRIPTION =
            "The ETag it must have; absent or *: any. Another one is answered 412.";

    private static final Pattern TAG = Pattern.compile("(?:W/)?\"(\\d{1,18})\"");

    private Revisions() {}

    static EntityTag tag(Job job) {
        return tag(job.revision());
    }

    static EntityTag tag(long revision) {
        return new EntityTag(Long.toString(revision));
    }

    /**
     * @throws MillraceException STALE_VERSION when it can be no such tag
     */
    static OptionalLong asked(@Nullable String ifMatch) {
        if (ifMatch == null || ifMatch.isBlank() || ifMatch.strip().equals("*")) {
            return OptionalLong.empty();
        }
        Matcher tag = TAG.matcher(ifMatch.strip());
        if (!tag.matches()) {
            throw new MillraceException(
                    ErrorCode.STALE_VERSION, "If-Match '" + ifMatch + "' is no revision, as \"3\"");
        }
        return OptionalLong.of(Long.parseLong(tag.group(1)));
    }
}
