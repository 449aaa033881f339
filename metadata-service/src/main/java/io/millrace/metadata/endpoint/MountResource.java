package io.millrace.metadata.endpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.metadata.events.FreshnessReport;
import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountRequest;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.model.NamespacePath;
import io.millrace.rest.Body;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The mount table over REST. */
@Path("/api/v1/mounts")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Mounts")
@RunOnVirtualThread
public class MountResource {

    private static final String EXAMPLE = "{\"path\": \"/data\", \"uri\": \"s3://bucket/prefix/\"}";

    private final MountTable mounts;
    private final FreshnessReport freshness;
    private final EndpointLimits limits;
    private final ObjectMapper json;

    MountResource(
            MountTable mounts,
            FreshnessReport freshness,
            EndpointLimits limits,
            ObjectMapper json) {
        this.mounts = mounts;
        this.freshness = freshness;
        this.limits = limits;
        this.json = json;
    }

    /** A mount, as it is shown. Credentials are a reference. */
    public record MountView(
            long id, String path, String uri, OptionsView options, long createdMillis) {

        static MountView of(Mount mount) {
            Mount.Options options = mount.options();
            return new MountView(
                    mount.id(),
                    mount.path().toString(),
                    mount.uri().toString(),
                    new OptionsView(
                            options.endpoint(),
                            options.region(),
                            options.pathStyle(),
                            options.credentials(),
                            options.freshness().word(),
                            options.maxAge().toMillis(),
                            options.blockBytes(),
                            options.directFallback(),
                            options.objectAttributes()),
                    mount.createdMillis());
        }
    }

    /** Options of a mount; what is left out in a request has its default. */
    public record OptionsView(
            @Nullable String endpoint,
            @Nullable String region,
            @Nullable Boolean pathStyle,
            @Nullable String credentials,
            @Nullable String freshness,
            @Nullable Long maxAgeMillis,
            @Nullable Long blockBytes,
            @Nullable Boolean directFallback,
            @Nullable Boolean objectAttributes) {

        static final OptionsView DEFAULT =
                new OptionsView(null, null, null, null, null, null, null, null, null);
    }

    /** What is to be mounted. */
    public record NewMount(
            @Schema(required = true) @Nullable String path,
            @Schema(required = true) @Nullable String uri,
            @Nullable OptionsView options) {}

    /** All mounts. */
    public record MountList(List<MountView> mounts) {}

    @GET
    @Operation(summary = "All mounts, by path")
    public MountList list() {
        return new MountList(mounts.refresh().stream().map(MountView::of).toList());
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Mount a bucket",
            description = "The bucket is listed first; when that fails, nothing is stored.")
    @RequestBody(content = @Content(schema = @Schema(implementation = NewMount.class)))
    @APIResponse(
            responseCode = "201",
            description = "The mount",
            content = @Content(schema = @Schema(implementation = MountView.class)))
    @APIResponse(responseCode = "409", description = "The path is a mount, in one, or above one")
    @APIResponse(responseCode = "503", description = "The bucket cannot be reached")
    public Response add(@Nullable String body) {
        NewMount request = Body.read(json, body, NewMount.class, EXAMPLE);
        if (request.path() == null || request.uri() == null) {
            throw Body.without(EXAMPLE, "path and uri");
        }
        OptionsView given = request.options();
        OptionsView options = given == null ? OptionsView.DEFAULT : given;
        Mount mount =
                mounts.add(
                        MountRequest.parse(
                                request.path(),
                                request.uri(),
                                text(options.endpoint()),
                                text(options.region()),
                                Boolean.TRUE.equals(options.pathStyle()),
                                text(options.credentials()),
                                text(options.freshness()),
                                number(options.maxAgeMillis()),
                                number(options.blockBytes()),
                                Boolean.TRUE.equals(options.directFallback()),
                                Boolean.TRUE.equals(options.objectAttributes()),
                                limits.defaultMaxAge()));
        String at = URLEncoder.encode(mount.path().toString(), StandardCharsets.UTF_8);
        return Response.created(URI.create("/api/v1/fs/stat?path=" + at))
                .entity(MountView.of(mount))
                .build();
    }

    /**
     * How true what is known of a mount is.
     *
     * @param freshness max-age, events or immutable
     * @param trustedFrom what was listed before is listed again before it is told; null: nothing
     *     was ever missed
     * @param events of all buckets
     */
    public record FreshnessView(
            long mountId,
            String path,
            String freshness,
            long maxAgeMillis,
            @Nullable Instant trustedFrom,
            EventsView events) {

        static FreshnessView of(FreshnessReport.Freshness now) {
            Mount mount = now.mount();
            return new FreshnessView(
                    mount.id(),
                    mount.path().toString(),
                    mount.options().freshness().word(),
                    mount.options().maxAge().toMillis(),
                    instant(mount.trustedFromMillis()),
                    new EventsView(
                            now.state().name().toLowerCase(Locale.ROOT),
                            now.standing().waiting(),
                            now.standing().behind().toMillis(),
                            instant(now.standing().newestEventMillis()),
                            now.staleness().applied(),
                            now.staleness().median().toMillis(),
                            now.staleness().p99().toMillis(),
                            now.standing().dead()));
        }

        private static @Nullable Instant instant(long millis) {
            return millis == 0 ? null : Instant.ofEpochMilli(millis);
        }
    }

    /**
     * What buckets say of themselves.
     *
     * @param state followed, behind or away
     * @param waitingMessages that are not applied
     * @param behindMillis how long ago nothing was waiting
     * @param newestEvent that was applied; null: none was
     * @param applied by the process that answers
     * @param medianMillis how old events of the last minutes were when it had applied them
     * @param p99Millis the same of 99 %
     * @param deadMessages that could not be read
     */
    public record EventsView(
            String state,
            long waitingMessages,
            long behindMillis,
            @Nullable Instant newestEvent,
            long applied,
            long medianMillis,
            long p99Millis,
            long deadMessages) {}

    @GET
    @Path("{id}/freshness")
    @Operation(summary = "How true what is known of a mount is")
    @APIResponse(responseCode = "200", description = "As it is now")
    @APIResponse(responseCode = "404", description = "There is no such mount")
    public FreshnessView freshness(@PathParam("id") long id) {
        return FreshnessView.of(freshness.of(mount -> mount.id() == id));
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static long number(@Nullable Long number) {
        return number == null ? 0 : number;
    }

    @DELETE
    @Operation(summary = "Take a mount out of the namespace", description = "The bucket stays.")
    @APIResponse(responseCode = "204", description = "Done")
    @APIResponse(responseCode = "404", description = "There is no such mount")
    public void remove(@QueryParam("path") @Nullable String path) {
        mounts.remove(NamespacePath.parse(path == null ? "" : path));
    }
}
