package io.millrace.agent.fuse;

/**
 * What statfs(2) shows.
 *
 * @param totalBytes of the file system
 * @param freeBytes of it
 * @param files known
 */
public record Space(long totalBytes, long freeBytes, long files) {}
