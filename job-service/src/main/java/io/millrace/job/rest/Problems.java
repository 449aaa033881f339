package io.millrace.job.rest;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import jakarta.ws.rs.core.Response;
import java.lang.System.Logger.Level;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Failures as RFC 9457 problems. */
final class Problems {

    static final String MEDIA_TYPE = "application/problem+json";

    private static final System.Logger LOG = System.getLogger(Problems.class.getName());

    @Schema(name = "Problem", description = "Why a request was not done (RFC 9457).")
    record Problem(
            @Schema(description = "Names the code: /problems/not-found.") String type,
            String title,
            @Schema(description = "The HTTP status.") int status,
            @Schema(description = "One sentence: the subject, the limit met, the setting.")
                    String detail,
            @Schema(description = "The same code as over gRPC: NOT_FOUND.") String code) {}

    private Problems() {}

    static Response response(Throwable failure) {
        if (!(failure instanceof MillraceException)) {
            LOG.log(Level.ERROR, "event=jobs-request-failed", failure);
        }
        MillraceException known =
                failure instanceof MillraceException millrace
                        ? millrace
                        : new MillraceException(
                                ErrorCode.INTERNAL, "internal error; the server's log says more");
        return response(known, known.code().httpStatus());
    }

    /** What {@code known} says, under another status than its code has. */
    static Response response(MillraceException known, int status) {
        ErrorCode code = known.code();
        String title = code.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return Response.status(status)
                .type(MEDIA_TYPE)
                .entity(
                        new Problem(
                                code.problemType(), title, status, known.getMessage(), code.name()))
                .build();
    }
}
