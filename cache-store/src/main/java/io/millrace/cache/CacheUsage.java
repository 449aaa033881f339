package io.millrace.cache;

import java.nio.file.Path;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What a cache holds and has done since it was opened.
 *
 * @param directories each of its directories, the fastest first
 * @param refusedBytes content that was not cached because nothing could make room for it
 * @param writeFailures chunks not cached because the disk failed
 * @param corruptChunks chunks, or whole files, dropped because a checksum was wrong
 * @param scrubbedBytes verified in the background
 * @param scrubPassMillis how long the last whole pass of the slowest directory took; 0: none yet
 * @param promotedBytes content moved to a faster directory
 * @param demotedBytes content moved to a slower directory instead of being dropped
 * @param recovered whether every file found at the start has been counted
 */
public record CacheUsage(
        List<OfDirectory> directories,
        long refusedBytes,
        long writeFailures,
        long corruptChunks,
        long scrubbedBytes,
        long scrubPassMillis,
        long promotedBytes,
        long demotedBytes,
        boolean recovered) {

    /**
     * One directory of it.
     *
     * @param capacityBytes the budget
     * @param usedBytes content resident or being written, with files that are unlinked and still
     *     open
     * @param files complete and partial
     * @param evictedFiles dropped to make room
     * @param evictedBytes their content
     * @param retired whether its disk has failed, and it is not used any more
     */
    public record OfDirectory(
            Path path,
            long capacityBytes,
            long usedBytes,
            long files,
            long evictedFiles,
            long evictedBytes,
            boolean retired) {}

    public CacheUsage {
        directories = List.copyOf(directories);
    }

    /** Of the directories that are not retired. */
    public long capacityBytes() {
        return sum(directory -> directory.retired() ? 0 : directory.capacityBytes());
    }

    public long usedBytes() {
        return sum(OfDirectory::usedBytes);
    }

    public long files() {
        return sum(OfDirectory::files);
    }

    public long evictedFiles() {
        return sum(OfDirectory::evictedFiles);
    }

    public long evictedBytes() {
        return sum(OfDirectory::evictedBytes);
    }

    public long retiredDirectories() {
        return sum(directory -> directory.retired() ? 1 : 0);
    }

    private long sum(ToLongFunction<OfDirectory> figure) {
        return directories.stream().mapToLong(figure).sum();
    }
}
