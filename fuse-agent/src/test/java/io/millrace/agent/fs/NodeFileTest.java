package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.takeover.Supervision;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node table and its successors, against what a kernel counts. */
@Timeout(120)
class NodeFileTest {

    private static final NamespaceEntry ROOT = new NamespaceEntry(1, 0, "", 0, null, null);

    @TempDir Path directory;

    /** What the kernel holds, as it was answered. */
    private final Map<Long, Integer> kernel = new HashMap<>();

    private static NamespaceEntry entry(int number) {
        if (number % 10 == 0) {
            return new NamespaceEntry(number, 1, "dir-" + number, number, null, null);
        }
        FileSource source = new FileSource(7, "key/ü-" + number, "\"e" + number + "\"", number);
        return new NamespaceEntry(
                number, 1, "ü-" + number, 1000L + number, source, source.fileVersion());
    }

    private Supervision agent(Path state, int restarts) {
        return new Supervision(9, state, restarts);
    }

    @Test
    void aSuccessorHoldsAtLeastWhatTheKernelDoes() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Map<Long, NamespaceEntry> given = new HashMap<>();
        NodeTable table = new NodeTable(ROOT, new NodeFile(agent(directory, 0)));
        for (int restarts = 1; restarts <= 30; restarts++) {
            for (int i = random.nextInt(3000); i > 0; i--) {
                step(random, table, given);
            }
            NamespaceEntry last = entry(2 + random.nextInt(500));
            if (random.nextBoolean()) {
                // Killed after it has counted, and before it answers.
                var _ = table.acquire(last);
            }
            Path state = Files.createDirectory(directory.resolve("agent-" + restarts));
            Files.copy(
                    agent(restarts == 1 ? directory : previous(restarts), 0).nodes(),
                    agent(state, 0).nodes(),
                    StandardCopyOption.REPLACE_EXISTING);
            table = new NodeTable(ROOT, new NodeFile(agent(state, restarts)));
            for (var held : kernel.entrySet()) {
                Node node = table.node(held.getKey());
                assertEquals(given.get(held.getKey()), node.entry);
                assertTrue(node.lookups >= held.getValue(), "too few lookups");
            }
        }
        NodeTable at = table;
        kernel.forEach((id, lookups) -> {
            var _ = at.forget(id, lookups);
        });
        assertTrue(table.size() <= 1 + 30, "nodes were left but for those of killed agents");
    }

    private Path previous(int restarts) {
        return directory.resolve("agent-" + (restarts - 1));
    }

    private void step(Random random, NodeTable table, Map<Long, NamespaceEntry> given) {
        NamespaceEntry entry = entry(2 + random.nextInt(500));
        if (random.nextInt(3) > 0) {
            Node node = table.acquire(entry);
            NamespaceEntry before = given.put(node.id, entry);
            assertTrue(before == null || before.equals(entry), "an id was used again");
            kernel.merge(node.id, 1, Integer::sum);
        } else if (!kernel.isEmpty()) {
            long id = kernel.keySet().iterator().next();
            int all = kernel.getOrDefault(id, 0);
            int forgotten = 1 + random.nextInt(all);
            if (forgotten == all) {
                kernel.remove(id);
            } else {
                kernel.put(id, all - forgotten);
            }
            var _ = table.forget(id, forgotten);
        }
    }
}
