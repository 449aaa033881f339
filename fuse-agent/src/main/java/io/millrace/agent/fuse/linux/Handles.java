package io.millrace.agent.fuse.linux;

/**
 * Handles as the kernel keeps them: a file system's own, marked with the number of the agent that
 * gave them out, so that a successor takes none of its predecessors' for its own.
 *
 * @param agent which agent of this mount this is; 0: the first
 */
record Handles(int agent) {

    private static final int SHIFT = 48;
    private static final int AGENTS = 1 << 15;

    /** For the kernel. */
    long mark(long handle) {
        return handle | ((long) (agent % AGENTS) << SHIFT);
    }

    /** Whether {@code handle} was given out by this agent. */
    boolean isOwn(long handle) {
        return handle >>> SHIFT == agent % AGENTS;
    }

    /** What {@link #mark} was given. */
    long unmark(long handle) {
        return handle & ((1L << SHIFT) - 1);
    }
}
