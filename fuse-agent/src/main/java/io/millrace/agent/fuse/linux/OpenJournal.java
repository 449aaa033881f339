package io.millrace.agent.fuse.linux;

/**
 * Where {@link BackingFiles} write which nodes are open and what the kernel reads in their place: a
 * backing file's id belongs to the connection and outlives the agent. Opens are counted before the
 * kernel is answered and taken back after, so that a successor counts too many rather than too few.
 */
interface OpenJournal {

    /** What {@link #add} answers for a node that is not written down. */
    long NO_SLOT = 0;

    /** For a mount that no successor takes over. */
    OpenJournal NONE =
            new OpenJournal() {
                @Override
                public void recover(Recovered recovered) {}

                @Override
                public long add(long node, int id) {
                    return NO_SLOT;
                }

                @Override
                public void opens(long slot, int opens) {}
            };

    /** Is told a node that may be open. */
    @FunctionalInterface
    interface Recovered {
        void node(long slot, long node, int id, int opens);
    }

    /** Tells what the agents before have left. Called once, before all else. */
    void recover(Recovered recovered);

    /**
     * Writes down that {@code node} is open once.
     *
     * @param id of its backing file; 0: its reads come to the agent
     * @return for {@link #opens}
     */
    long add(long node, int id);

    /** Writes how often the node is open; 0: not any more, and the slot is gone. */
    void opens(long slot, int opens);
}
