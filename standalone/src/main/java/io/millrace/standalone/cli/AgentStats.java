package io.millrace.standalone.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Path;

/** What an agent has counted since it started; docs/metrics.md says what each means. */
record AgentStats(
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

    /**
     * @throws MillraceException UNAVAILABLE when the agent has not written it yet
     */
    static AgentStats read(Path file) {
        try {
            return MAPPER.readValue(file.toFile(), AgentStats.class);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the agent has not said yet what it counts: "
                            + file
                            + " cannot be read ("
                            + e.getMessage()
                            + ")",
                    e);
        }
    }
}
