package io.millrace.agent.fuse;

/**
 * How a mount reads, and how often it did.
 *
 * @param policy that is in use; never {@link ReadPolicy#AUTO}
 * @param reason why, in one sentence
 * @param passthroughOpens opens that were handed to the kernel since the mount was made
 * @param passthroughFiles files that the kernel holds now
 * @param servedOpens opens whose reads come to this process
 */
public record Reading(
        ReadPolicy policy,
        String reason,
        long passthroughOpens,
        int passthroughFiles,
        long servedOpens) {}
