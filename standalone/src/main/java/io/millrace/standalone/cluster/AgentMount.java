package io.millrace.standalone.cluster;

import org.jspecify.annotations.Nullable;

/**
 * What an agent shows, and where.
 *
 * @param directory the mount point, absolute
 * @param path of the namespace that becomes the root of the mount; {@code /} for all of it
 * @param metadataService {@code host:port}; null: the local cluster's
 * @param readPolicy how files are read, as {@code fuse-agent mount --read-policy} has it; null: the
 *     agent's own default
 * @param binding what speaks to the kernel, as {@code fuse-agent mount --binding} has it; null: the
 *     agent's own default
 * @param supervised whether a holder replaces an agent that dies; the holder is then the part's
 *     process
 */
public record AgentMount(
        String directory,
        String path,
        @Nullable String metadataService,
        @Nullable String readPolicy,
        @Nullable String binding,
        boolean supervised) {

    /** The whole namespace of the local cluster at {@code directory}. */
    public static AgentMount at(String directory) {
        return new AgentMount(directory, "/", null, null, null, false);
    }
}
