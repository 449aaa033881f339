package io.millrace.standalone.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an agent has counted since it started; docs/metrics.md says what each means. */
record AgentStats(
        @JsonProperty("agent_pid") long agentPid,
        @JsonProperty("serving_since") @Nullable String servingSince,
        @JsonProperty("supervised") boolean supervised,
        @JsonProperty("restarts") int restarts,
        @JsonProperty("binding") String binding,
        @JsonProperty("read_policy") String readPolicy,
        @JsonProperty("read_policy_reason") String readPolicyReason,
        @JsonProperty("passthrough_opens") long passthroughOpens,
        @JsonProperty("passthrough_files") int passthroughFiles,
        @JsonProperty("served_opens") long servedOpens,
        @JsonProperty("local_bytes") long localBytes,
        @JsonProperty("worker_bytes") long workerBytes,
        @JsonProperty("worker_failures") long workerFailures,
        @JsonProperty("under_store_bytes") long underStoreBytes,
        @JsonProperty("metadata_calls") long metadataCalls,
        @JsonProperty("nodes") long nodes,
        @JsonProperty("open_files") long openFiles) {

    private static final ObjectMapper MAPPER =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /** Empty when the agent has not written it yet. */
    static Optional<AgentStats> read(Path file) {
        try {
            return Optional.of(MAPPER.readValue(file.toFile(), AgentStats.class));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
