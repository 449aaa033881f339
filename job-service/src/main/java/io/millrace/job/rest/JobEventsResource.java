package io.millrace.job.rest;

import io.millrace.job.engine.JobEngine;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Ledger;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.MultiEmitter;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/**
 * Jobs as server-sent events. An event is a job's whole state and its id names that state, so that
 * a client that comes again with {@code Last-Event-ID} is told the state there is now, unless it is
 * the one it has.
 */
@Path("/api/v1/jobs")
@Produces(MediaType.SERVER_SENT_EVENTS)
@RestStreamElementType(MediaType.APPLICATION_JSON)
@Blocking
@Tag(name = "jobs")
public class JobEventsResource {

    private static final int LISTED = 100;

    /** Events a client may be behind; one that is slower is dropped, and comes again. */
    private static final int BUFFERED = 2 * LISTED;

    private static final Pattern POSITION = Pattern.compile("\\d{1,18}");

    private final JobEngine engine;

    JobEventsResource(JobEngine engine) {
        this.engine = engine;
    }

    @GET
    @Path("{id}/events")
    @Operation(
            summary = "Follow a job",
            description =
                    "Server-sent events, each the whole job: as it is now, then at each change (at most four a"
                            + " second, at least one in five seconds). The stream ends when the job has ended: close the"
                            + " EventSource at a final state.")
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "404", description = "There is no such job.")
    public Multi<OutboundSseEvent> one(
            @PathParam("id") String id,
            @Parameter(description = "The last state the client has seen; it is not told again.")
                    @HeaderParam("Last-Event-ID")
                    @Nullable String last,
            @Context Sse sse) {
        JobId job = engine.job(JobId.parse(id)).id();
        return stream(
                "jobs-events-" + job,
                emitter ->
                        engine.follow(
                                job,
                                state -> tell(state, last, emitter, sse),
                                emitter::isCancelled));
    }

    @GET
    @Path("events")
    @Operation(
            summary = "Follow the newest jobs",
            description =
                    "Server-sent events, each a whole job: the newest 100 as they are now, oldest first, then each"
                            + " that is new or has changed. A client that comes again with the last id it saw is told"
                            + " what has changed since; a comment comes every five seconds when nothing does.")
    @APIResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(implementation = JobView.class)))
    public Multi<OutboundSseEvent> all(
            @Parameter(description = "The last id the client has seen: what changed since is told.")
                    @HeaderParam("Last-Event-ID")
                    @Nullable String last,
            @Context Sse sse) {
        return stream(
                "jobs-events",
                emitter ->
                        engine.followAll(
                                position(last),
                                LISTED,
                                changes -> tell(changes, emitter, sse),
                                emitter::isCancelled));
    }

    /** What is no id of ours was given by nobody: all is told. */
    private static long position(@Nullable String last) {
        return last != null && POSITION.matcher(last).matches() ? Long.parseLong(last) : 0;
    }

    private static void tell(
            Job job,
            @Nullable String last,
            MultiEmitter<? super OutboundSseEvent> emitter,
            Sse sse) {
        String id = job.id() + "-" + job.changed();
        if (!id.equals(last)) {
            emitter.emit(event(job, sse).id(id).build());
        }
    }

    /**
     * Only the last one has the position: a client that did not see all of them has the one before.
     */
    private static void tell(
            Ledger.Changes changes, MultiEmitter<? super OutboundSseEvent> emitter, Sse sse) {
        if (changes.jobs().isEmpty()) {
            emitter.emit(sse.newEventBuilder().comment("nothing has changed").build());
            return;
        }
        int last = changes.jobs().size() - 1;
        changes.jobs().subList(0, last).forEach(job -> emitter.emit(event(job, sse).build()));
        emitter.emit(
                event(changes.jobs().get(last), sse).id(Long.toString(changes.position())).build());
    }

    private static OutboundSseEvent.Builder event(Job job, Sse sse) {
        return sse.newEventBuilder()
                .mediaType(MediaType.APPLICATION_JSON_TYPE)
                .data(JobView.class, JobView.of(job));
    }

    private static Multi<OutboundSseEvent> stream(
            String thread, Consumer<MultiEmitter<? super OutboundSseEvent>> follow) {
        return Multi.createFrom()
                .emitter(
                        emitter ->
                                Thread.ofVirtual()
                                        .name(thread)
                                        .start(() -> {
                                            try {
                                                follow.accept(emitter);
                                                emitter.complete();
                                            } catch (RuntimeException e) {
                                                emitter.fail(e);
                                            }
                                        }),
                        BUFFERED);
    }
}
