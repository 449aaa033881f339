package io.millrace.metadata.endpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.metadata.policies.PolicyTable;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import io.millrace.rest.Body;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The policies over REST. */
@Path("/api/v1/policies")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Policies")
@RunOnVirtualThread
public class PolicyResource {

    private static final String EXAMPLE = "{\"path\": \"/data\", \"pinned\": true}";

    private final PolicyTable policies;
    private final ObjectMapper json;

    PolicyResource(PolicyTable policies, ObjectMapper json) {
        this.policies = policies;
        this.json = json;
    }

    /**
     * What one path says of itself and everything below it; what is left out it does not say.
     *
     * @param ttlMillis how long bytes that nobody reads stay cached, 1,000 (1 s) to 3650 days
     * @param replicas 1 to 16
     * @param quotaBytes 1 or more
     * @param priority 0 to 9
     * @param eviction lru, s3-fifo or epoch
     */
    public record PolicyView(
            @Nullable String path,
            @Nullable Boolean pinned,
            @Nullable Long ttlMillis,
            @Nullable Integer replicas,
            @Nullable Long quotaBytes,
            @Nullable Integer priority,
            @Nullable String eviction) {

        static PolicyView of(NamespacePath path, PathPolicy policy) {
            return new PolicyView(
                    path.toString(),
                    policy.pinned(),
                    policy.ttl() == null ? null : policy.ttl().toMillis(),
                    policy.replicas(),
                    policy.quota() == null ? null : policy.quota().bytes(),
                    policy.priority(),
                    policy.eviction() == null ? null : policy.eviction().text());
        }

        PathPolicy policy() {
            if (quotaBytes != null && quotaBytes < 1) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT,
                        "quota of " + quotaBytes + " bytes: it must be greater than 0");
            }
            return new PathPolicy(
                    pinned,
                    ttlMillis == null ? null : Duration.ofMillis(ttlMillis),
                    replicas,
                    quotaBytes == null ? null : new ByteCount(quotaBytes),
                    priority,
                    eviction == null ? null : PathPolicy.Eviction.parse(eviction));
        }
    }

    /** All policies asked for, in path order. */
    public record PoliciesView(List<PolicyView> policies) {}

    /** A quota, and the path that has it. */
    public record QuotaView(String path, long bytes) {}

    /**
     * What holds for a path.
     *
     * @param policy with the default where no path says anything
     * @param origins by attribute, which path says what holds; none of a default
     * @param quotas of all paths at or above this one, outermost first: all of them hold
     */
    public record EffectiveView(
            String path, PolicyView policy, Map<String, String> origins, List<QuotaView> quotas) {

        static EffectiveView of(NamespacePath path, PathPolicies.Effective effective) {
            Map<String, String> origins = new TreeMap<>();
            PolicyMapper.origins(
                    effective,
                    (attribute, origin) -> origins.put(attribute.text(), origin.toString()));
            return new EffectiveView(
                    path.toString(),
                    PolicyView.of(path, PolicyMapper.values(effective)),
                    origins,
                    effective.quotas().stream()
                            .map(quota ->
                                    new QuotaView(quota.origin().toString(), quota.value().bytes()))
                            .toList());
        }
    }

    @GET
    @Operation(summary = "The policies of all paths, or of those at and below one")
    public PoliciesView list(@QueryParam("below") @Nullable String below) {
        NamespacePath from = below == null ? NamespacePath.ROOT : NamespacePath.parse(below);
        return new PoliciesView(
                PolicyMapper.below(policies.all(), from).byPath().entrySet().stream()
                        .map(entry -> PolicyView.of(entry.getKey(), entry.getValue()))
                        .toList());
    }

    @GET
    @Path("effective")
    @Operation(summary = "What holds for a path, and which path says so")
    @APIResponse(responseCode = "200", description = "What holds")
    @APIResponse(responseCode = "404", description = "The path is not at or below a mount")
    public EffectiveView effective(@QueryParam("path") @Nullable String path) {
        NamespacePath at = parse(path);
        return EffectiveView.of(at, policies.above(at).effective(at));
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Set what a path says",
            description = "What is left out stays as it is. Answers all that the path says now.")
    @RequestBody(content = @Content(schema = @Schema(implementation = PolicyView.class)))
    @APIResponse(responseCode = "200", description = "What the path says now")
    @APIResponse(responseCode = "404", description = "The path is not at or below a mount")
    public PolicyView set(@Nullable String body) {
        PolicyView request = Body.read(json, body, PolicyView.class, EXAMPLE);
        if (request.path() == null) {
            throw Body.without(EXAMPLE, "path");
        }
        NamespacePath at = NamespacePath.parse(request.path());
        return PolicyView.of(at, policies.set(at, request.policy()));
    }

    @DELETE
    @Operation(
            summary = "Take back what a path says",
            description = "Of the attributes named, or of all. Answers what the path still says.")
    @APIResponse(responseCode = "200", description = "What the path still says")
    @APIResponse(responseCode = "404", description = "The path says nothing of it")
    public PolicyView remove(
            @QueryParam("path") @Nullable String path,
            @QueryParam("attribute") List<String> attributes) {
        NamespacePath at = parse(path);
        Set<PathPolicy.Attribute> which = EnumSet.noneOf(PathPolicy.Attribute.class);
        attributes.forEach(attribute -> which.add(PathPolicy.Attribute.parse(attribute)));
        return PolicyView.of(at, policies.remove(at, which));
    }

    private static NamespacePath parse(@Nullable String path) {
        if (path == null) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "the query parameter 'path' is missing");
        }
        return NamespacePath.parse(path);
    }
}
