package io.millrace.agent.fuse;

import org.jspecify.annotations.Nullable;

/** Takes the entries of one page of a directory. */
public interface DirectorySink {

    /**
     * Adds one entry.
     *
     * @param name its name
     * @param nextCookie where a later call goes on behind it; not 0
     * @param supplier makes the entry; called only if it has room and the kernel wants attributes
     * @return false: there is no room, the entry was not taken and the page is full
     */
    boolean add(String name, long nextCookie, Listed supplier);

    /** An entry of a listing. */
    interface Listed {
        /** For the kernel's type of a directory entry. */
        Attributes.Kind kind();

        /** For the kernel's inode number of a directory entry. */
        long inode();

        /** The node behind it; counts as one lookup. Null: the kernel is to look it up itself. */
        Entry.@Nullable Present entry();
    }
}
