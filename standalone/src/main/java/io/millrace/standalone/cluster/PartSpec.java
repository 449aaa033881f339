package io.millrace.standalone.cluster;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one part of a cluster is started.
 *
 * @param name unique in its cluster: {@code postgres}, {@code worker-1}
 * @param kind what it is
 * @param start how it comes to run
 * @param ports by purpose: {@code http}, {@code grpc}, {@code data}
 * @param mount agents only
 */
record PartSpec(
        String name,
        PartKind kind,
        Start start,
        Map<String, Integer> ports,
        @Nullable AgentMount mount) {

    PartSpec {
        ports = Map.copyOf(ports);
    }
}
