package io.millrace.standalone.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code cluster.json} says of one process.
 *
 * @param process null: it was stopped
 * @param ports by purpose
 * @param log file of its output
 * @param mount agents only
 */
public record PartRecord(
        String name,
        PartKind kind,
        @Nullable ProcessIdentity process,
        Map<String, Integer> ports,
        String log,
        @Nullable AgentMount mount) {

    public PartRecord {
        ports = Map.copyOf(ports);
    }

    /** Whether its process runs now. */
    @JsonIgnore
    public boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Its process id; empty when it does not run. */
    public Optional<Long> runningPid() {
        return isRunning()
                ? Optional.ofNullable(process).map(ProcessIdentity::pid)
                : Optional.empty();
    }

    PartRecord stopped() {
        return new PartRecord(name, kind, null, ports, log, mount);
    }
}
