package io.millrace.agent.fs;

import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.client.NamespaceEntry;

/**
 * Where a {@link NodeTable} writes what a successor must know of it. Every count is written before
 * the kernel hears of it: when the agent is killed in between, the successor keeps a node too long,
 * and never misses one.
 */
interface NodeJournal {

    /** What {@link #add} answers for a node that is not written down. */
    long NO_SLOT = 0;

    /** For a mount that no successor takes over. */
    NodeJournal NONE =
            new NodeJournal() {
                @Override
                public void recover(Recovered recovered) {}

                @Override
                public long firstId() {
                    return FuseFileSystem.ROOT + 1;
                }

                @Override
                public long add(long id, NamespaceEntry entry, long lookups) {
                    return NO_SLOT;
                }

                @Override
                public void lookups(long slot, long lookups) {}
            };

    /** Is told a node that the kernel may hold. */
    @FunctionalInterface
    interface Recovered {
        void node(long slot, long id, long lookups, NamespaceEntry entry);
    }

    /** Tells what the agents before have left. Called once, before all else. */
    void recover(Recovered recovered);

    /** From here on ids were never given out by an agent before. */
    long firstId();

    /**
     * Writes a node down.
     *
     * @return for {@link #lookups}
     */
    long add(long id, NamespaceEntry entry, long lookups);

    /** Writes how often the kernel holds the node; 0: not any more, and the slot is gone. */
    void lookups(long slot, long lookups);
}
