package io.millrace.understore.s3;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * What tells one version of an object from another: its ETag, or, where the store gives none, its
 * modification time and length.
 *
 * <p>The second is weaker: times are whole seconds in HTTP, so of two versions of one length put
 * within one second the later is not seen. A store that gives neither is refused.
 */
final class ObjectVersion {

    private static final String MODIFIED = "modified=";
    private static final String LENGTH = ";length=";

    private ObjectVersion() {}

    /**
     * @param subject for messages
     * @throws MillraceException INVALID_ARGUMENT: the store gives neither an ETag nor a time
     */
    static String of(
            String subject, @Nullable String etag, @Nullable Instant modified, long length) {
        if (etag != null && !etag.isEmpty()) {
            return quoted(etag);
        }
        if (modified == null) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "the store gives neither an ETag nor a modification time for "
                            + subject
                            + ": a change of it could not be seen");
        }
        return MODIFIED + modified.getEpochSecond() + LENGTH + length;
    }

    /**
     * Makes a request fail when the object has another version. A store may know times more finely
     * than it tells them, so one within the same second passes: {@link #isOf} looks again.
     */
    static void require(String objectVersion, GetObjectRequest.Builder request) {
        modified(objectVersion)
                .ifPresentOrElse(
                        modified -> request.ifUnmodifiedSince(modified.plusSeconds(1)),
                        () -> request.ifMatch(objectVersion));
    }

    /** Whether what came is of {@code objectVersion}: a store may ignore what was required. */
    static boolean isOf(String objectVersion, GetObjectResponse answer) {
        if (modified(objectVersion).isEmpty()) {
            String etag = answer.eTag();
            return etag != null && objectVersion.equals(quoted(etag));
        }
        return answer.lastModified() != null
                && objectVersion.equals(of("", null, answer.lastModified(), wholeLength(answer)));
    }

    private static long wholeLength(GetObjectResponse answer) {
        String range = answer.contentRange();
        if (range == null) {
            return answer.contentLength() == null ? -1 : answer.contentLength();
        }
        String whole = range.substring(range.indexOf('/') + 1);
        return whole.matches("\\d{1,18}") ? Long.parseLong(whole) : -1;
    }

    private static Optional<Instant> modified(String objectVersion) {
        if (!objectVersion.startsWith(MODIFIED)) {
            return Optional.empty();
        }
        int end = objectVersion.indexOf(LENGTH);
        try {
            return Optional.of(
                    Instant.ofEpochSecond(
                            Long.parseLong(objectVersion, MODIFIED.length(), end, 10)));
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "no object version: '" + objectVersion + "'", e);
        }
    }

    /** Listings of some stores give ETags without the quotes that headers have. */
    private static String quoted(String etag) {
        return etag.startsWith("\"") || etag.startsWith("W/") ? etag : '"' + etag + '"';
    }
}
