package io.millrace.standalone.cluster;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.Optional;

/**
 * Where the parts of a cluster are reached.
 *
 * @param metadataService {@code host:port} of its gRPC
 * @param jobService {@code host:port} of its gRPC
 * @param jobRest {@code http://host:port} of its REST
 * @param console {@code http://host:port/}
 * @param s3 endpoint of the embedded S3 server
 * @param kafka bootstrap servers
 * @param postgres {@code host:port}
 */
public record Endpoints(
        String metadataService,
        String jobService,
        String jobRest,
        String console,
        String s3,
        String kafka,
        String postgres) {

    static Endpoints of(ClusterState state) {
        return switch (state.layout()) {
            case SHARED -> {
                int http = port(state, PartKind.CONTROL_PLANE, "http");
                int grpc = port(state, PartKind.CONTROL_PLANE, "grpc");
                yield of(state, grpc, grpc, http, http);
            }
            case DISTRIBUTED ->
                    of(
                            state,
                            port(state, PartKind.METADATA_SERVICE, "grpc"),
                            port(state, PartKind.JOB_SERVICE, "grpc"),
                            port(state, PartKind.JOB_SERVICE, "http"),
                            port(state, PartKind.WEB_CONSOLE, "http"));
        };
    }

    private static Endpoints of(
            ClusterState state, int metadata, int jobs, int jobRest, int console) {
        return new Endpoints(
                ClusterPlan.HOST + ":" + metadata,
                ClusterPlan.HOST + ":" + jobs,
                "http://" + ClusterPlan.HOST + ":" + jobRest,
                "http://" + ClusterPlan.HOST + ":" + console + "/",
                "http://" + ClusterPlan.HOST + ":" + port(state, PartKind.S3, "s3"),
                ClusterPlan.HOST + ":" + port(state, PartKind.KAFKA, "kafka"),
                ClusterPlan.HOST + ":" + port(state, PartKind.POSTGRES, "postgres"));
    }

    private static int port(ClusterState state, PartKind kind, String purpose) {
        return state.parts(kind).stream()
                .findFirst()
                .flatMap(part -> Optional.ofNullable(part.ports().get(purpose)))
                .orElseThrow(() ->
                        new MillraceException(
                                ErrorCode.UNAVAILABLE,
                                "the cluster has not been started; 'millrace up' starts" + " it"));
    }
}
