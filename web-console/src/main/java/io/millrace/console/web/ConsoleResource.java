package io.millrace.console.web;

import io.millrace.console.boot.ConsoleSettings;
import io.millrace.console.overview.Overview;
import io.millrace.console.overview.OverviewReader;
import io.millrace.console.overview.SharedOverview;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.resteasy.reactive.RestStreamElementType;

/** The overview, once or as it changes. All who look share one answer. */
@Path("/api/console/v1")
@Singleton
public class ConsoleResource {

    private final SharedOverview overview;
    private final Duration interval;
    private final int mostViewers;
    private final AtomicInteger viewers = new AtomicInteger();
    private final ExecutorService questioners = Executors.newVirtualThreadPerTaskExecutor();

    @Inject
    public ConsoleResource(OverviewReader reader, ConsoleSettings settings) {
        this.interval = settings.interval();
        this.mostViewers = settings.viewers();
        this.overview = new SharedOverview(reader::read, interval.dividedBy(2), System::nanoTime);
    }

    @GET
    @Path("/overview")
    @Produces(MediaType.APPLICATION_JSON)
    @RunOnVirtualThread
    public Overview overview() {
        return overview.latest();
    }

    /** Server-sent events, each an overview. */
    @GET
    @Path("/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    public Multi<Overview> events() {
        if (viewers.incrementAndGet() > mostViewers) {
            viewers.decrementAndGet();
            throw new MillraceException(
                    ErrorCode.BUSY,
                    "the console has "
                            + mostViewers
                            + " viewers, its most (millrace.console.viewers)");
        }
        return Multi.createFrom()
                .ticks()
                .every(interval)
                .onOverflow()
                .drop()
                .emitOn(questioners)
                .map(tick -> overview.latest())
                .onTermination()
                .invoke(() -> viewers.decrementAndGet());
    }
}
