package io.millrace.standalone.cluster;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The content of {@code run/cluster.json}: which processes make up the cluster. It outlives them,
 * so that a later start brings the same ones back.
 *
 * @param version of the file's form; 1
 * @param layout how the control plane is spread over processes
 * @param workerCapacityBytes what each worker may keep; 0: its own default
 * @param parts in the order of starting
 */
public record ClusterState(
        int version, Layout layout, long workerCapacityBytes, List<PartRecord> parts) {

    static final int VERSION = 1;

    private static final ObjectMapper JSON =
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    public ClusterState {
        parts =
                parts.stream()
                        .sorted(
                                Comparator.comparing(PartRecord::kind)
                                        .thenComparing(part -> part.name().length())
                                        .thenComparing(PartRecord::name))
                        .toList();
    }

    /** Whether at least one process runs. */
    @JsonIgnore
    public boolean isRunning() {
        return parts.stream().anyMatch(PartRecord::isRunning);
    }

    /**
     * Where its parts are reached.
     *
     * @throws MillraceException UNAVAILABLE when it was never started
     */
    @JsonIgnore
    public Endpoints endpoints() {
        return Endpoints.of(this);
    }

    public Optional<PartRecord> part(String name) {
        return parts.stream().filter(part -> part.name().equals(name)).findFirst();
    }

    public List<PartRecord> parts(PartKind kind) {
        return parts.stream().filter(part -> part.kind() == kind).toList();
    }

    /** What the cluster under {@code home} was when it was last changed; empty: never started. */
    public static Optional<ClusterState> read(Home home) {
        Path file = home.stateFile();
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            ClusterState state = JSON.readValue(file.toFile(), ClusterState.class);
            if (state.version() != VERSION) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        file
                                + " was written by another version of Millrace (form "
                                + state.version()
                                + ", this one reads "
                                + VERSION
                                + ")");
            }
            return Optional.of(state);
        } catch (JacksonException e) {
            throw new MillraceException(
                    ErrorCode.CORRUPT, file + " is not readable: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, file + " cannot be read: " + e.getMessage(), e);
        }
    }

    void write(Home home) {
        write(home.stateFile(), this);
    }

    static Map<String, Integer> readPorts(Home home) {
        Path file = home.portsFile();
        if (!Files.exists(file)) {
            return Map.of();
        }
        try {
            return JSON.readValue(file.toFile(), new TypeReference<Map<String, Integer>>() {});
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, file + " cannot be read: " + e.getMessage(), e);
        }
    }

    static void writePorts(Home home, Map<String, Integer> ports) {
        write(home.portsFile(), new TreeMap<>(ports));
    }

    private static void write(Path file, Object content) {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try {
            Files.write(next, JSON.writeValueAsBytes(content));
            Files.move(
                    next,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
