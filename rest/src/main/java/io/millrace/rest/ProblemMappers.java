package io.millrace.rest;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.lang.System.Logger.Level;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Failures of all endpoints as problems; they have no mappers of their own. */
class ProblemMappers {

    private static final System.Logger LOG = System.getLogger(ProblemMappers.class.getName());

    @ServerExceptionMapper
    Response known(MillraceException failure) {
        return Problem.response(failure);
    }

    /** What the framework itself refuses: a path, a verb, a type that there is not. */
    @ServerExceptionMapper
    Response refused(WebApplicationException failure, UriInfo uri) {
        Response answer = failure.getResponse();
        int status = answer.getStatus();
        if (answer.hasEntity() || status < 400) {
            return answer;
        }
        if (status >= 500) {
            return unknown(failure);
        }
        Response problem =
                Problem.response(
                        new MillraceException(
                                status == 404 ? ErrorCode.NOT_FOUND : ErrorCode.INVALID_ARGUMENT,
                                "%s: %s".formatted(uri.getPath(), reason(status))),
                        status);
        Object allowed = answer.getHeaders().getFirst(HttpHeaders.ALLOW);
        return allowed == null
                ? problem
                : Response.fromResponse(problem).header(HttpHeaders.ALLOW, allowed).build();
    }

    private static String reason(int status) {
        return switch (status) {
            case 404 -> "there is no such resource";
            case 405 -> "it does not have this method";
            case 406 -> "it has no answer of a type that Accept allows";
            case 415 -> "it does not read a body of this Content-Type";
            default -> "the request is malformed";
        };
    }

    @ServerExceptionMapper
    Response unknown(Throwable failure) {
        LOG.log(Level.ERROR, "event=rest-request-failed", failure);
        return Problem.response(
                new MillraceException(
                        ErrorCode.INTERNAL, "internal error; the server's log says more"));
    }
}
