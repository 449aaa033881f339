package io.millrace.job.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.job.engine.JobEngine;
import io.millrace.job.ledger.Job;
import io.millrace.job.schedule.Schedule;
import io.millrace.job.schedule.Scheduler;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Schedules over HTTP. */
@Path("/api/v1/schedules")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "schedules", description = "Jobs that begin by themselves at set times.")
public class SchedulesResource {

    private final Scheduler schedules;
    private final ObjectMapper json;

    SchedulesResource(JobEngine engine, ObjectMapper json) {
        this.schedules = engine.schedules();
        this.json = json;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Make a schedule",
            description = "Its first time is the next one from now.")
    @RequestBody(content = @Content(schema = @Schema(implementation = ScheduleOrder.class)))
    @APIResponse(
            responseCode = "201",
            description = "Location is where it is found.",
            content = @Content(schema = @Schema(implementation = ScheduleView.class)))
    @APIResponse(responseCode = "400", description = "No JSON, or a value out of bounds.")
    @APIResponse(responseCode = "409", description = "There is one of this name.")
    @APIResponse(responseCode = "503", description = "There are too many.")
    public Response create(@Nullable String body) {
        Schedule schedule = schedules.create(ScheduleOrder.read(json, body, Optional.empty()));
        return Response.created(URI.create("/api/v1/schedules/" + schedule.name()))
                .tag(Revisions.tag(schedule.revision()))
                .entity(ScheduleView.of(schedule))
                .build();
    }

    @GET
    @Operation(summary = "All schedules", description = "By name.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = ScheduleView.All.class)))
    public ScheduleView.All list() {
        return new ScheduleView.All(schedules.all().stream().map(ScheduleView::of).toList());
    }

    @GET
    @Path("{name}")
    @Operation(summary = "A schedule as it is now")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = ScheduleView.class)))
    @APIResponse(responseCode = "404", description = "There is no such schedule.")
    public Response schedule(@PathParam("name") String name) {
        return answer(schedules.schedule(name));
    }

    @PUT
    @Path("{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Put another in the place of a schedule",
            description = "Its next time is the next one from now. A job that runs goes on.")
    @RequestBody(content = @Content(schema = @Schema(implementation = ScheduleOrder.class)))
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = ScheduleView.class)))
    @APIResponse(responseCode = "400", description = "No JSON, or a value out of bounds.")
    @APIResponse(responseCode = "404", description = "There is no such schedule.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public Response replace(
            @PathParam("name") String name,
            @Nullable String body,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        return answer(
                schedules.replace(
                        ScheduleOrder.read(json, body, Optional.of(name)),
                        Revisions.asked(ifMatch)));
    }

    @DELETE
    @Path("{name}")
    @Operation(summary = "Delete a schedule", description = "Jobs that it has begun go on.")
    @APIResponse(responseCode = "204", description = "It is gone.")
    @APIResponse(responseCode = "404", description = "There is no such schedule.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public void delete(
            @PathParam("name") String name,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        schedules.delete(name, Revisions.asked(ifMatch));
    }

    @POST
    @Path("{name}/pause")
    @Operation(summary = "Let nothing begin by a schedule")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = ScheduleView.class)))
    @APIResponse(responseCode = "404", description = "There is no such schedule.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public Response pause(
            @PathParam("name") String name,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        return answer(schedules.pause(name, Revisions.asked(ifMatch)));
    }

    @POST
    @Path("{name}/resume")
    @Operation(
            summary = "Let a paused schedule go on",
            description = "With the next time from now; what was missed is left out.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = ScheduleView.class)))
    @APIResponse(responseCode = "404", description = "There is no such schedule.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public Response resume(
            @PathParam("name") String name,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        return answer(schedules.resume(name, Revisions.asked(ifMatch)));
    }

    @POST
    @Path("{name}/run")
    @Operation(summary = "Begin a schedule's job now", description = "Its times stay as they are.")
    @APIResponse(
            responseCode = "201",
            description = "Accepted; Location is where it is followed.",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "404", description = "There is no such schedule, or path.")
    @APIResponse(responseCode = "409", description = "Such a job runs on the path.")
    public Response run(@PathParam("name") String name) {
        Job job = schedules.run(name).accepted();
        return Response.created(URI.create("/api/v1/jobs/" + job.id()))
                .tag(Revisions.tag(job))
                .entity(JobView.of(job))
                .build();
    }

    private static Response answer(Schedule schedule) {
        return Response.ok(ScheduleView.of(schedule))
                .tag(Revisions.tag(schedule.revision()))
                .build();
    }
}
