package io.millrace.agent.fuse.linux;

import java.util.List;

/** What this process runs. */
public final class ProcessImage {

    private ProcessImage() {}

    /**
     * Runs another program in this process: it keeps its id, its environment and its standard
     * streams, and nothing else of it is left.
     *
     * @param command the program, and its arguments
     * @return the negative errno; it does not return otherwise
     */
    public static int replace(List<String> command) {
        return Libc.execute(command);
    }
}
