package io.millrace.job.rest;

import io.millrace.job.engine.JobEngine;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Pinned paths over HTTP. */
@Path("/api/v1/pins")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "pins", description = "How much of what is pinned is really there.")
public class PinsResource {

    private final JobEngine engine;

    PinsResource(JobEngine engine) {
        this.engine = engine;
    }

    @GET
    @Operation(
            summary = "Pinned paths, and how much of each is cached",
            description = "As the workers said when each was last looked at.")
    public PinsView pins() {
        return new PinsView(engine.pins().stream().map(PinsView.PinView::of).toList());
    }
}
