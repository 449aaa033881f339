package io.millrace.block.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.block.TestWorkerParts;
import io.millrace.block.cluster.ClusterView;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.BatchKind;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchRunnerTest {

    private static final WorkerId SELF = new WorkerId("self");

    @TempDir Path directory;

    @Test
    void aBatchDeliveredAgainTellsItsOwnWorkAsDoneAndFetchesNothing() throws IOException {
        try (TestWorkerParts parts = new TestWorkerParts(directory, 64L << 20)) {
            parts.object("a", 100_000);
            parts.object("b", 50_000);
            ClusterView view = new ClusterView(SELF, System::nanoTime);
            view.update(new Ring(1, 4, List.of(new Ring.Member(SELF, 1, false))), Map.of());
            BatchRunner runner =
                    new BatchRunner(
                            parts.filler,
                            parts.cache,
                            parts.mounts,
                            view,
                            Clock.systemUTC(),
                            4,
                            new JobGates(System::nanoTime));
            runner.run(batch("before", 1, item(parts, "b")));
            Batch load = batch("load", 1, item(parts, "a"), item(parts, "b"));
            BatchResult first = runner.run(load);
            BatchResult again = runner.run(load.toBuilder().setAttempt(2).build());
            for (BatchResult result : List.of(first, again)) {
                assertEquals(100_000, result.getDoneBytes());
                assertEquals(1, result.getDoneFiles());
                assertEquals(50_000, result.getSkippedBytes(), "was there before the batch");
            }
            assertEquals(2, parts.counts.calls(Verb.READ));
        }
    }

    private static Batch batch(String id, int attempt, BatchItem... items) {
        return Batch.newBuilder()
                .setBatchId(id)
                .setJobId("job")
                .setAttempt(attempt)
                .setKind(BatchKind.BATCH_KIND_LOAD)
                .addAllItems(List.of(items))
                .build();
    }

    private static BatchItem item(TestWorkerParts parts, String key) {
        return BatchItem.newBuilder()
                .setPath("/" + key)
                .setSource(Messages.toMessage(parts.stat(key)))
                .addBlocks(0)
                .setCountsFile(true)
                .build();
    }
}
