package io.millrace.metadata.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.database.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The log's order, its readers, and its publisher. */
class ChangeLogTest {

    @SuppressWarnings("NullAway.Init")
    private TestDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private AgroalDataSource pool;

    @SuppressWarnings("NullAway.Init")
    private Database database;

    @SuppressWarnings("NullAway.Init")
    private ChangeLogStore store;

    @BeforeEach
    void open() {
        shared = new TestDatabase();
        pool = shared.pool();
        database = new Database(pool);
        store = new ChangeLogStore(database);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private void append(int count) {
        database.transaction(connection -> {
            List<Change> changes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                changes.add(new Change.Name(7, "n" + i, i));
            }
            ChangeLogStore.append(connection, changes);
            return true;
        });
    }

    private ChangeFeed feed(int kept) {
        ChangeFeed feed = new ChangeFeed(store, kept);
        feed.start();
        return feed;
    }

    private static List<Long> sequences(ChangeFeed.Next next) {
        return assertInstanceOf(ChangeFeed.Next.Changes.class, next).changes().stream()
                .map(Change.Logged::sequence)
                .toList();
    }

    @Test
    @Timeout(60)
    void aCommitOfAnotherProcessEndsTheWait() throws Exception {
        Duration forEver = Duration.ofMinutes(10);
        try (ChangeSignalStore signal = new ChangeSignalStore(database);
                AgroalDataSource other = shared.pool()) {
            signal.await(Duration.ofMillis(1));
            new Database(other)
                    .transaction(connection -> {
                        ChangeLogStore.append(connection, List.of(new Change.Mounts()));
                        return true;
                    });
            signal.await(forEver);
        }
    }

    @Test
    void withoutPostgresWaitingLastsItsTime() throws Exception {
        ChangeSignalStore signal = new ChangeSignalStore(database);
        pool.close();
        long start = System.nanoTime();
        signal.await(Duration.ofMillis(50));
        assertTrue(System.nanoTime() - start >= 50_000_000);
    }

    @Test
    void aReaderThatFollowsWhileManyWriteMissesNothing() throws Exception {
        int writers = 6;
        int each = 40;
        ChangeFeed feed = feed(100);
        long start = feed.last();
        List<Long> seen = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int w = 0; w < writers; w++) {
                running.add(
                        executor.submit(() -> {
                            for (int i = 0; i < each; i++) {
                                append(1 + i % 3);
                            }
                        }));
            }
            boolean done = false;
            while (!done) {
                done = running.stream().allMatch(Future::isDone);
                feed.poll();
                long position = seen.isEmpty() ? start : seen.getLast();
                seen.addAll(sequences(feed.after(position, 1_000, Duration.ZERO)));
            }
            for (Future<?> writer : running) {
                writer.get(20, TimeUnit.SECONDS);
            }
        }
        long last = store.head().last();
        assertEquals(LongStream.rangeClosed(start + 1, last).boxed().toList(), seen);
    }

    @Test
    void whatAFailedTransactionWroteHasNoSequence() {
        long before = store.head().last();
        assertThrows(
                IllegalStateException.class,
                () ->
                        database.transaction(connection -> {
                            ChangeLogStore.append(connection, List.of(new Change.Ring()));
                            throw new IllegalStateException("after all not");
                        }));
        append(1);
        assertEquals(before + 1, store.head().last());
    }

    @Test
    void aReaderBehindMemoryReadsTheTableAndOneBehindTheTableStartsOver() throws Exception {
        ChangeFeed feed = feed(5);
        long start = feed.last();
        append(20);
        feed.poll();

        List<Long> page = sequences(feed.after(start, 3, Duration.ZERO));
        assertEquals(List.of(start + 1, start + 2, start + 3), page);
        assertEquals(5, sequences(feed.after(start + 15, 100, Duration.ZERO)).size());

        assertEquals(4, store.prune(Duration.ofHours(1), 16, 100));
        assertInstanceOf(ChangeFeed.Next.Lost.class, feed.after(start + 3, 10, Duration.ZERO));
        assertEquals(start + 5, sequences(feed.after(start + 4, 10, Duration.ZERO)).getFirst());
        assertInstanceOf(ChangeFeed.Next.Lost.class, feed.after(start + 1_000, 10, Duration.ZERO));
    }

    @Test
    void whatIsNotPublishedIsNotPrunedByAge() throws Exception {
        append(10);
        assertEquals(0, store.prune(Duration.ZERO, 1_000_000, 100));
        ChangeFeed feed = feed(100);
        ChangePublisher publisher =
                new ChangePublisher(store, feed, _ -> {}, "me", Duration.ofSeconds(30));
        publisher.step();
        assertTrue(store.prune(Duration.ZERO, 1_000_000, 100) > 0);
    }

    @Test
    void onePublisherLeadsAndAFailedSendIsSentAgain() {
        ChangeFeed feed = feed(1_000);
        List<Long> sent = new ArrayList<>();
        AtomicBoolean broken = new AtomicBoolean(true);
        ChangePublisher.Sender sender =
                changes -> {
                    if (broken.get()) {
                        throw new IllegalStateException("the broker is away");
                    }
                    changes.forEach(logged -> sent.add(logged.sequence()));
                };
        ChangePublisher one =
                new ChangePublisher(store, feed, sender, "one", Duration.ofSeconds(30));
        ChangePublisher two =
                new ChangePublisher(store, feed, sender, "two", Duration.ofSeconds(30));
        append(3);
        feed.poll();
        long last = feed.last();

        assertThrows(IllegalStateException.class, one::step);
        two.step();
        assertEquals(List.of(), sent);
        broken.set(false);
        one.step();
        one.step();

        assertEquals(List.of(last - 2, last - 1, last), sent);
        assertEquals(0, one.waiting());
    }
}
