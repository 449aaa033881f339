package io.millrace.agent.fuse;

/** What a name in a directory leads to. */
public sealed interface Entry {

    /** How long the kernel may believe it without asking again, in milliseconds. */
    long validMillis();

    /**
     * A node. Giving it to the kernel counts as one lookup, which the kernel takes back with {@link
     * FuseFileSystem#forget}.
     *
     * @param node never 0; never used again for something else
     * @param attributes of the node
     * @param validMillis how long the name may be believed
     * @param attributesValidMillis how long the attributes may be believed
     */
    record Present(long node, Attributes attributes, long validMillis, long attributesValidMillis)
            implements Entry {}

    /**
     * There is no such name.
     *
     * @param validMillis 0: ask again each time
     */
    record Absent(long validMillis) implements Entry {}
}
