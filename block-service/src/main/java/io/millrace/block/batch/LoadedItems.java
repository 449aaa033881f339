package io.millrace.block.batch;

import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchItem;
import java.util.LinkedHashMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the latest batches have loaded, so that a batch that is delivered again, because its result
 * or its offset was lost, or because it was late and sent once more, does not tell its own work as
 * having been there before. Kept in memory: a worker that was killed tells it as skipped. The
 * monitor guards which batches are remembered.
 */
final class LoadedItems {

    private static final int REMEMBERED = 64;

    private record Key(String job, String batch) {}

    private final LinkedHashMap<Key, Set<BatchItem>> batches = new LinkedHashMap<>();

    /** The items of {@code batch} that were loaded, for adding to it; safe for many threads. */
    synchronized Set<BatchItem> of(Batch batch) {
        Key key = new Key(batch.getJobId(), batch.getBatchId());
        Set<BatchItem> loaded = batches.remove(key);
        if (loaded == null) {
            loaded = ConcurrentHashMap.newKeySet();
        }
        batches.put(key, loaded);
        if (batches.size() > REMEMBERED) {
            batches.pollFirstEntry();
        }
        return loaded;
    }
}
