package io.millrace.metadata.endpoint;

import io.millrace.metadata.visibility.Visibility;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Waiting until agents show what the bucket holds, over REST. */
@Path("/api/v1/barriers")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Events")
@RunOnVirtualThread
public class BarrierResource {

    private final Visibility visibility;

    BarrierResource(Visibility visibility) {
        this.visibility = visibility;
    }

    /**
     * What is waited for.
     *
     * @param path of a file; absolute
     * @param version ETag; null: what the bucket holds when it is asked, also nothing
     * @param timeoutMillis up to 600,000; null: 30,000
     */
    public record Barrier(
            @Nullable String path, @Nullable String version, @Nullable Long timeoutMillis) {}

    /**
     * What came of it.
     *
     * @param visible whether every agent shows what is wanted, or something newer
     * @param version what the bucket held when it was last asked; null: nothing, or a directory
     * @param agents that were waited for
     * @param missing those that had not applied it in the time
     */
    public record Passed(
            boolean visible, @Nullable String version, int agents, List<String> missing) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Wait until every agent shows what the bucket holds at a path",
            description =
                    "The bucket is asked at once, whatever its events have told. After this, no new"
                            + " open at any mount sees an older version.")
    @APIResponse(responseCode = "200", description = "It is visible, or the time is over")
    @APIResponse(responseCode = "400", description = "No path below a mount, or a wrong time")
    public Passed await(@Nullable Barrier barrier) {
        if (barrier == null || barrier.path() == null) {
            throw new WebApplicationException(Response.Status.BAD_REQUEST);
        }
        Visibility.Seen seen =
                visibility.await(
                        NamespacePath.parse(barrier.path()),
                        barrier.version() == null ? "" : barrier.version(),
                        Duration.ofMillis(
                                barrier.timeoutMillis() == null ? 0 : barrier.timeoutMillis()));
        return new Passed(
                seen.visible(),
                seen.objectVersion().isEmpty() ? null : seen.objectVersion(),
                seen.agents(),
                seen.missing());
    }

    @ServerExceptionMapper
    Response failure(MillraceException e) {
        return Problem.response(e);
    }

    @ServerExceptionMapper
    Response malformed(WebApplicationException e) {
        return e.getResponse().getStatus() == Response.Status.BAD_REQUEST.getStatusCode()
                ? Problem.malformed(
                        "the body is not a barrier in JSON, as {\"path\": \"/data/file\"}")
                : e.getResponse();
    }
}
