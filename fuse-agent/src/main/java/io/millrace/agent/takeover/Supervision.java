package io.millrace.agent.takeover;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a holder gives to each agent it starts.
 *
 * @param device the open {@code /dev/fuse} that outlives the agent
 * @param state directory of what a successor needs, private to this mount
 * @param restarts agents before this one, 0 or more
 */
public record Supervision(int device, Path state, int restarts) {

    /** Names of everything an agent writes into {@link #state}. */
    private static final String NODES = "nodes";

    private static final String OPENS = "opens";
    private static final String CONNECTION = "connection";
    private static final String SERVING = "serving";

    public Path nodes() {
        return state.resolve(NODES);
    }

    public Path opens() {
        return state.resolve(OPENS);
    }

    public Path connection() {
        return state.resolve(CONNECTION);
    }

    /** Tells the holder that this agent has come to serve: its death then is no failed start. */
    public void serving() {
        try {
            Files.writeString(state.resolve(SERVING), "");
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR, state + " cannot be written: " + e.getMessage(), e);
        }
    }
}
