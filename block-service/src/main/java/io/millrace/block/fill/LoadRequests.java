package io.millrace.block.fill;

import io.millrace.cache.CacheStore;
import io.millrace.cache.CachedFile;
import io.millrace.model.BlockLayout;
import io.millrace.model.FileSource;
import java.util.List;
import java.util.Optional;

/**
 * What a load would fetch as the cache is now, and by how many requests: one for each run of
 * missing chunks, as {@link FileFill} cuts them, none of which comes from another worker.
 */
public final class LoadRequests {

    private final CacheStore cache;
    private final int runChunks;

    public LoadRequests(CacheStore cache, FillSettings settings) {
        this.cache = cache;
        this.runChunks = settings.runChunks();
    }

    /** What is to be fetched, and by how many requests. */
    public record Missing(long bytes, int requests) {}

    /** Of some blocks of a file. Blocks that the file does not have are passed by. */
    public Missing missing(FileSource source, BlockLayout layout, List<Integer> blocks) {
        Optional<CachedFile> resident = cache.openResident(source.fileVersion(), source.length());
        try {
            long bytes = 0;
            int requests = 0;
            for (int block : blocks) {
                if (block >= 0 && block < layout.blocks(source.length()) && source.length() > 0) {
                    Missing more = missing(source.length(), layout, block, resident);
                    bytes += more.bytes();
                    requests += more.requests();
                }
            }
            return new Missing(bytes, requests);
        } finally {
            resident.ifPresent(CachedFile::close);
        }
    }

    private Missing missing(
            long length, BlockLayout layout, int block, Optional<CachedFile> resident) {
        int first = BlockLayout.chunkAt(layout.range(block, length).offset());
        int last = BlockLayout.chunkAt(layout.range(block, length).end() - 1);
        long bytes = 0;
        int requests = 0;
        boolean running = false;
        for (int chunk = first; chunk <= last; chunk++) {
            boolean missing = resident.isEmpty() || resident.get().isMissing(chunk);
            if (missing) {
                long offset = (long) chunk * BlockLayout.CHUNK_BYTES;
                bytes += Math.min(BlockLayout.CHUNK_BYTES, length - offset);
                requests += !running || chunk % runChunks == 0 ? 1 : 0;
            }
            running = missing;
        }
        return new Missing(bytes, requests);
    }
}
