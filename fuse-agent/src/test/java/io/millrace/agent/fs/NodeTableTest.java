package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.client.NamespaceEntry;
import org.junit.jupiter.api.Test;

class NodeTableTest {

    private final NodeTable nodes = new NodeTable(directory(1), NodeJournal.NONE);

    private static NamespaceEntry directory(long id) {
        return new NamespaceEntry(id, 1, "d" + id, 0, null, null);
    }

    @Test
    void aNodeLivesUntilAllItsLookupsAreTakenBack() {
        long id = nodes.acquire(directory(2)).id;
        assertEquals(id, nodes.acquire(directory(2)).id);
        assertNull(nodes.forget(id, 1));
        assertNotNull(nodes.forget(id, 1));
        assertNotEquals(id, nodes.acquire(directory(2)).id, "ids are never used again");
    }

    @Test
    void moreThanWasLookedUpTakesAllBack() {
        for (long lookups : new long[] {3, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            long id = nodes.acquire(directory(2)).id;
            assertNotNull(nodes.forget(id, lookups));
            assertNull(nodes.forget(id, lookups), "it is gone already");
            assertEquals(1, nodes.size());
        }
    }

    @Test
    void theRootAndWhatIsUnknownAreNotForgotten() {
        assertNull(nodes.forget(1, Long.MAX_VALUE));
        assertNull(nodes.forget(99, 1));
        assertEquals(1, nodes.size());
    }
}
