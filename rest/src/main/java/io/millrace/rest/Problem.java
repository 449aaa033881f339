package io.millrace.rest;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Why a request was not done (RFC 9457). */
@Schema(name = "Problem", description = "Why a request was not done (RFC 9457).")
public record Problem(
        @Schema(required = true, description = "Names the code: /problems/not-found.") String type,
        @Schema(required = true, description = "The code in words.") String title,
        @Schema(required = true, description = "The HTTP status.") int status,
        @Schema(
                        required = true,
                        description = "One sentence: the subject, the limit met, the setting.")
                String detail,
        @Schema(required = true, description = "The same code as over gRPC: NOT_FOUND.")
                String code) {

    public static final String MEDIA_TYPE = "application/problem+json";

    /** What {@code failure} says, under the status of its code. */
    public static Response response(MillraceException failure) {
        return response(failure, failure.code().httpStatus());
    }

    /** What {@code failure} says, under another status than its code has. */
    public static Response response(MillraceException failure, int status) {
        ErrorCode code = failure.code();
        String title = code.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return Response.status(status)
                .type(MEDIA_TYPE)
                .entity(
                        new Problem(
                                code.problemType(),
                                title,
                                status,
                                failure.getMessage(),
                                code.name()))
                .build();
    }
}
