package io.millrace.metadata.visibility;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is waited for, and how far they have come. */
class WatchersTest {

    private TestReplica replica;
    private Watchers watchers;

    @BeforeEach
    void start() {
        replica =
                new TestReplica(
                        new TestDatabase(),
                        _ -> new MemoryBucket(),
                        new TestClock(),
                        TestReplica.LIMITS);
        watchers = new Watchers(replica.database);
    }

    @AfterEach
    void stop() {
        replica.close();
    }

    /** As if nobody had been heard for so long. */
    private void silentFor(String interval) {
        replica.database.read(connection -> {
            try (var statement =
                    connection.prepareStatement(
                            "UPDATE metadata.watcher SET beat = clock_timestamp() - interval '"
                                    + interval
                                    + "'")) {
                return statement.executeUpdate();
            }
        });
    }

    private List<WatcherStore.Watcher> connected() {
        return watchers.connected();
    }

    @Test
    void whatIsSaidIsWrittenAndNeverGoesBack() throws Exception {
        watchers.opened("id", "agent", 5);
        watchers.acknowledged("id", 9);
        watchers.acknowledged("id", 7);
        watchers.step();
        assertEquals(List.of(new WatcherStore.Watcher("agent", 9)), connected());

        watchers.acknowledged("id", 8);
        watchers.step();
        assertEquals(List.of(new WatcherStore.Watcher("agent", 9)), connected());

        watchers.left("id");
        assertEquals(List.of(), connected());
    }

    @Test
    void oneThatIsBackBeforeItsOldStreamIsSeenToBeGoneIsStillConnected() throws Exception {
        watchers.opened("id", "agent", 5);
        watchers.opened("id", "agent", 6);
        watchers.ended("id");
        silentFor("25 seconds");
        assertEquals(List.of(), connected());

        watchers.step();

        assertEquals(List.of(new WatcherStore.Watcher("agent", 6)), connected());
        watchers.ended("id");
        silentFor("25 seconds");
        watchers.step();
        assertEquals(List.of(), connected());
    }
}
