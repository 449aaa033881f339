package io.millrace.metadata.endpoint;

import io.millrace.metadata.workers.WorkerRecord;
import io.millrace.metadata.workers.WorkerRegistry;
import io.millrace.model.WorkerId;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Workers over REST. */
@Path("/api/v1/workers")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Workers")
@RunOnVirtualThread
public class WorkerResource {

    private final WorkerRegistry workers;

    WorkerResource(WorkerRegistry workers) {
        this.workers = workers;
    }

    /**
     * A worker, as it is shown.
     *
     * @param state LIVE, DRAINING or LOST
     * @param inFlight data port requests being served when the lease was last renewed
     */
    public record WorkerView(
            String id,
            String state,
            String host,
            int dataPort,
            int controlPort,
            String hostId,
            List<String> cacheDirectories,
            long capacityBytes,
            long usedBytes,
            long cachedFiles,
            int inFlight,
            long weight,
            long registeredMillis,
            long lastRenewalMillis) {

        static WorkerView of(WorkerRecord worker) {
            return new WorkerView(
                    worker.id().value(),
                    worker.state().name(),
                    worker.address().host(),
                    worker.address().dataPort(),
                    worker.address().controlPort(),
                    worker.hostId(),
                    worker.cacheDirectories(),
                    worker.load().capacityBytes(),
                    worker.load().usedBytes(),
                    worker.load().cachedFiles(),
                    worker.load().inFlight(),
                    worker.weight(),
                    worker.registeredMillis(),
                    worker.renewedMillis());
        }
    }

    /** All workers and the ring's epoch. */
    public record WorkerList(long ringEpoch, int slots, List<WorkerView> workers) {}

    @GET
    @Operation(summary = "All workers, lost ones too, by id")
    public WorkerList list() {
        WorkerRegistry.Workers all = workers.workers();
        return new WorkerList(
                all.ringEpoch(), all.slots(), all.all().stream().map(WorkerView::of).toList());
    }

    @POST
    @Path("{id}/drain")
    @Operation(
            summary = "Let a worker give up what it owns",
            description =
                    "It comes after all others in the ring, until it is undrained. Who takes over"
                            + " copies from it what is asked for.")
    @APIResponse(responseCode = "200", description = "The worker, draining")
    @APIResponse(responseCode = "404", description = "There is no such worker")
    @APIResponse(
            responseCode = "409",
            description = "No other worker could take over; force=true drains it nevertheless")
    public WorkerView drain(
            @PathParam("id") String id, @QueryParam("force") @DefaultValue("false") boolean force) {
        WorkerId worker = ProtoMapper.workerId(id);
        return WorkerView.of(force ? workers.drainAnyway(worker) : workers.drain(worker));
    }

    @POST
    @Path("{id}/undrain")
    @Operation(summary = "Let a worker own its share again")
    @APIResponse(responseCode = "200", description = "The worker, no longer draining")
    @APIResponse(responseCode = "404", description = "There is no such worker")
    public WorkerView undrain(@PathParam("id") String id) {
        return WorkerView.of(workers.undrain(ProtoMapper.workerId(id)));
    }
}
