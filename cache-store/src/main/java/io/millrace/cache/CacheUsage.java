package io.millrace.cache;

/**
 * What a cache directory holds and has done since it was opened.
 *
 * @param capacityBytes the budget
 * @param usedBytes content resident or being written, with files that are unlinked and still open
 * @param files complete and partial
 * @param evictedFiles dropped to make room
 * @param evictedBytes their content
 * @param refusedBytes content that was not cached because nothing could make room for it
 * @param writeFailures chunks not cached because the disk failed
 * @param corruptChunks chunks dropped because their checksum was wrong
 * @param recovered whether every file found at the start has been counted
 */
public record CacheUsage(
        long capacityBytes,
        long usedBytes,
        long files,
        long evictedFiles,
        long evictedBytes,
        long refusedBytes,
        long writeFailures,
        long corruptChunks,
        boolean recovered) {}
