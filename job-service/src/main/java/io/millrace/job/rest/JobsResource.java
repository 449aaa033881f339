package io.millrace.job.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.job.engine.JobEngine;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Ledger;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Page;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.rest.Limit;
import io.millrace.rest.Problem;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Jobs over HTTP: translates, and maps failures. */
@Path("/api/v1/jobs")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "jobs", description = "Load and free: submit, follow, pause, change, cancel.")
public class JobsResource {

    private static final int DEFAULT_JOBS = 100;
    private static final int MOST_JOBS = 1_000;
    private static final int DEFAULT_FAILURES = 1_000;
    private static final int MOST_FAILURES = 10_000;

    /** RFC 9110, of a request that is understood and contradicts an earlier one. */
    private static final int UNPROCESSABLE = 422;

    private final JobEngine engine;
    private final ObjectMapper json;

    JobsResource(JobEngine engine, ObjectMapper json) {
        this.engine = engine;
        this.json = json;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Submit a job",
            description = "Stores the job and answers; it runs in the background.")
    @RequestBody(content = @Content(schema = @Schema(implementation = JobOrder.class)))
    @APIResponse(
            responseCode = "201",
            description = "Accepted; Location is where it is followed.",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(
            responseCode = "400",
            description = "No JSON, an unknown kind, or a path that is none.")
    @APIResponse(
            responseCode = "404",
            description = "There is nothing at the path; nothing was stored.")
    @APIResponse(
            responseCode = "409",
            description = "A job of this kind runs on this path; detail names it.")
    @APIResponse(
            responseCode = "422",
            description =
                    "The Idempotency-Key came with another order before; detail names its job.")
    public Response submit(
            @Nullable String body,
            @Parameter(
                            description =
                                    "1 to 255 characters. Sent again with the same key and body, it is the same job.")
                    @HeaderParam("Idempotency-Key")
                    @Nullable String key) {
        JobOrder.Checked order = JobOrder.read(json, body);
        return created(
                engine.submit(
                        new Order(
                                order.kind(),
                                order.path(),
                                order.selection(),
                                order.controls(),
                                Optional.empty(),
                                Optional.ofNullable(key))));
    }

    @POST
    @Path("{id}/retry-failed")
    @Operation(
            summary = "Do again what a job could not do",
            description =
                    "A new job that does just those files, as they are now; its retryOf names the other.")
    @APIResponse(
            responseCode = "201",
            description = "Accepted; Location is where it is followed.",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "404", description = "There is no such job.")
    @APIResponse(
            responseCode = "409",
            description =
                    "The job has not ended, has lost nothing or more than is listed, or such a job runs on the path.")
    @APIResponse(responseCode = "422", description = "As for submitting.")
    public Response retryFailed(
            @PathParam("id") String id,
            @Parameter(description = "As for submitting.") @HeaderParam("Idempotency-Key")
                    @Nullable String key) {
        return created(engine.retryFailed(JobId.parse(id), Optional.ofNullable(key)));
    }

    private static Response created(Ledger.Submitted submitted) {
        if (submitted instanceof Ledger.Submitted.KeyTaken taken) {
            return Problem.response(
                    new MillraceException(ErrorCode.INVALID_ARGUMENT, taken.message()),
                    UNPROCESSABLE);
        }
        Job job = submitted.accepted();
        return Response.created(URI.create("/api/v1/jobs/" + job.id()))
                .tag(Revisions.tag(job))
                .entity(JobView.of(job))
                .build();
    }

    @GET
    @Operation(summary = "List jobs", description = "Newest first, those that have ended too.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = JobsView.class)))
    public JobsView list(
            @Parameter(description = "1 to 1,000; 100 when not given.") @QueryParam("limit")
                    @Nullable String limit,
            @Parameter(description = "Only jobs older than this one.") @QueryParam("before")
                    @Nullable String before) {
        Page<Job> page =
                engine.jobs(
                        before == null || before.isEmpty()
                                ? Optional.empty()
                                : Optional.of(JobId.parse(before)),
                        Limit.parse(limit, DEFAULT_JOBS, MOST_JOBS));
        return new JobsView(page.items().stream().map(JobView::of).toList(), page.more());
    }

    @GET
    @Path("{id}")
    @Operation(summary = "A job as it is now")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "404", description = "There is no such job.")
    public Response job(@PathParam("id") String id) {
        return answer(engine.job(JobId.parse(id)));
    }

    @PATCH
    @Path("{id}")
    @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
    @Operation(
            summary = "Change how a job is done",
            description = "Priority, limits and deadline; workers hear of it while they run.")
    @RequestBody(content = @Content(schema = @Schema(implementation = ControlsOrder.class)))
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "400", description = "No JSON, or a value out of bounds.")
    @APIResponse(responseCode = "404", description = "There is no such job.")
    @APIResponse(responseCode = "409", description = "The job has ended.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public Response control(
            @PathParam("id") String id,
            @Nullable String body,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        UnaryOperator<Controls> change = ControlsOrder.read(json, body);
        return answer(engine.control(JobId.parse(id), Revisions.asked(ifMatch), change));
    }

    @POST
    @Path("{id}/pause")
    @Operation(
            summary = "Pause a job",
            description =
                    "Nothing more is planned or sent, and workers stop within 2 s. A paused job stays so.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "404", description = "There is no such job.")
    @APIResponse(responseCode = "409", description = "The job has ended.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public Response pause(
            @PathParam("id") String id,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        return answer(engine.pause(JobId.parse(id), Revisions.asked(ifMatch)));
    }

    @POST
    @Path("{id}/resume")
    @Operation(
            summary = "Let a paused job go on",
            description = "A job that is not paused stays as it is.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "404", description = "There is no such job.")
    @APIResponse(responseCode = "409", description = "The job has ended.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public Response resume(
            @PathParam("id") String id,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        return answer(engine.resume(JobId.parse(id), Revisions.asked(ifMatch)));
    }

    @POST
    @Path("{id}/cancel")
    @Operation(
            summary = "Cancel a job",
            description =
                    "Workers stop within 2 s; what they have done is counted. A job that has ended stays as it"
                            + " is.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "404", description = "There is no such job.")
    @APIResponse(responseCode = "412", description = "If-Match is another revision.")
    public Response cancel(
            @PathParam("id") String id,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        return answer(engine.cancel(JobId.parse(id), Revisions.asked(ifMatch)));
    }

    @DELETE
    @Path("{id}")
    @Operation(summary = "Cancel a job", description = "The same as POST {id}/cancel.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    public Response delete(
            @PathParam("id") String id,
            @Parameter(description = Revisions.DESCRIPTION) @HeaderParam("If-Match")
                    @Nullable String ifMatch) {
        return cancel(id, ifMatch);
    }

    private static Response answer(Job job) {
        return Response.ok(JobView.of(job)).tag(Revisions.tag(job)).build();
    }

    @GET
    @Path("{id}/failures")
    @Operation(summary = "The files a job gave up, with reasons", description = "By path.")
    @APIResponse(
            responseCode = "200",
            content = @Content(schema = @Schema(implementation = FailuresView.class)))
    @APIResponse(responseCode = "404", description = "There is no such job.")
    public FailuresView failures(
            @PathParam("id") String id,
            @Parameter(description = "Only paths behind this one.") @QueryParam("after")
                    @Nullable String after,
            @Parameter(description = "1 to 10,000; 1,000 when not given.") @QueryParam("limit")
                    @Nullable String limit) {
        return FailuresView.of(
                engine.failures(
                        JobId.parse(id),
                        after == null ? "" : after,
                        Limit.parse(limit, DEFAULT_FAILURES, MOST_FAILURES)));
    }
}
