package io.millrace.job.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.job.engine.JobEngine;
import io.millrace.job.ledger.Order;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Dry runs over HTTP. */
@Path("/api/v1/plans")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "plans", description = "What a job would cost, told beforehand.")
public class PlansResource {

    private final JobEngine engine;
    private final ObjectMapper json;

    PlansResource(JobEngine engine, ObjectMapper json) {
        this.engine = engine;
        this.json = json;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Plan a job without running it",
            description = "Walks the files and asks the workers what is resident.")
    @RequestBody(content = @Content(schema = @Schema(implementation = JobOrder.class)))
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = PlanView.class)))
    @APIResponse(responseCode = "404", description = "There is nothing at the path.")
    public PlanView plan(@Nullable String body) {
        JobOrder.Checked order = JobOrder.read(json, body);
        return PlanView.of(
                engine.plan(
                        new Order(
                                order.kind(),
                                order.path(),
                                order.selection(),
                                order.controls(),
                                Optional.empty(),
                                Optional.empty())));
    }
}
