package io.millrace.metadata.endpoint;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import jakarta.ws.rs.core.Response;
import java.util.Locale;

/**
 * A failure over HTTP (RFC 9457).
 *
 * @param type names the code
 * @param title the code in words
 * @param detail one sentence
 * @param code by name
 */
public record Problem(String type, String title, int status, String detail, String code) {

    private static final String MEDIA_TYPE = "application/problem+json";

    static Response response(MillraceException e) {
        ErrorCode code = e.code();
        String title = code.name().charAt(0) + code.name().substring(1).toLowerCase(Locale.ROOT);
        return Response.status(code.httpStatus())
                .type(MEDIA_TYPE)
                .entity(
                        new Problem(
                                code.problemType(),
                                title.replace('_', ' '),
                                code.httpStatus(),
                                e.getMessage(),
                                code.name()))
                .build();
    }

    static Response malformed(String detail) {
        return response(new MillraceException(ErrorCode.INVALID_ARGUMENT, detail));
    }
}
