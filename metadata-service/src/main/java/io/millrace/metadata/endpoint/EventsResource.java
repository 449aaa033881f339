package io.millrace.metadata.endpoint;

import io.millrace.metadata.events.EventStore;
import io.millrace.rest.Limit;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What buckets said that could not be read, over REST. */
@Path("/api/v1/events")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Events")
@RunOnVirtualThread
public class EventsResource {

    private static final int USUAL = 100;
    private static final int MOST = 1_000;

    private final EventStore events;

    EventsResource(EventStore events) {
        this.events = events;
    }

    /**
     * A message that could not be read.
     *
     * @param offset in ufs.changes; the message as it came lies in ufs.changes.dead
     * @param excerpt its first characters
     */
    public record DeadView(
            int partition, long offset, Instant receivedAt, String reason, String excerpt) {}

    /** The newest first. */
    public record DeadList(List<DeadView> messages) {}

    @GET
    @Path("dead")
    @Operation(summary = "Messages that could not be read, the newest first")
    @APIResponse(responseCode = "200", description = "At most as many as asked for")
    @APIResponse(responseCode = "400", description = "limit is out of bounds")
    public DeadList dead(
            @Parameter(description = "1 to 1,000; 100 when not given.") @QueryParam("limit")
                    @Nullable String limit) {
        return new DeadList(
                events.dead(Limit.parse(limit, USUAL, MOST)).stream()
                        .map(dead ->
                                new DeadView(
                                        dead.partition(),
                                        dead.offset(),
                                        Instant.ofEpochMilli(dead.receivedMillis()),
                                        dead.reason(),
                                        dead.excerpt()))
                        .toList());
    }
}
