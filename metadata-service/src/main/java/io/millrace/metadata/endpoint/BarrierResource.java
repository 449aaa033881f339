package io.millrace.metadata.endpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.metadata.visibility.Visibility;
import io.millrace.model.NamespacePath;
import io.millrace.rest.Body;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Waiting until agents show what the bucket holds, over REST. */
@Path("/api/v1/barriers")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Events")
@RunOnVirtualThread
public class BarrierResource {

    private static final String EXAMPLE = "{\"path\": \"/data/file\"}";

    private final Visibility visibility;
    private final ObjectMapper json;

    BarrierResource(Visibility visibility, ObjectMapper json) {
        this.visibility = visibility;
        this.json = json;
    }

    /**
     * What is waited for.
     *
     * @param path of a file; absolute
     * @param version ETag; null: what the bucket holds when it is asked, also nothing
     * @param timeoutMillis up to 600,000; null: 30,000
     */
    public record Barrier(
            @Schema(required = true) @Nullable String path,
            @Nullable String version,
            @Nullable Long timeoutMillis) {}

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
    @RequestBody(content = @Content(schema = @Schema(implementation = Barrier.class)))
    @APIResponse(
            responseCode = "200",
            description = "It is visible, or the time is over",
            content = @Content(schema = @Schema(implementation = Passed.class)))
    @APIResponse(responseCode = "400", description = "No path below a mount, or a wrong time")
    public Passed await(@Nullable String body) {
        Barrier barrier = Body.read(json, body, Barrier.class, EXAMPLE);
        if (barrier.path() == null) {
            throw Body.without(EXAMPLE, "path");
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
}
