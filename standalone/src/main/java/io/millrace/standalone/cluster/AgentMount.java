package io.millrace.standalone.cluster;

import org.jspecify.annotations.Nullable;

/**
 * What an agent shows, and where.
 *
 * @param directory the mount point, absolute
 * @param path of the namespace that becomes the root of the mount; {@code /} for all of it
 * @param metadataService {@code host:port}; null: the local cluster's
 */
public record AgentMount(String directory, String path, @Nullable String metadataService) {}
