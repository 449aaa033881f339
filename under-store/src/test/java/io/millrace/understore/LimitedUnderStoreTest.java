package io.millrace.understore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.AttemptListener.Pressure;
import io.millrace.understore.UnderStoreListener.Verb;
import io.millrace.understore.faults.FaultyUnderStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitedUnderStoreTest {

    @TempDir Path directory;

    private final BucketLimits limits = new BucketLimits(8, System::nanoTime);

    private UnderStoreSettings settings() {
        return new UnderStoreSettings(
                directory.toUri(), "", "", false, "", UnderStoreSettings.Limits.DEFAULT);
    }

    @Test
    void callsBeyondTheLimitWaitForTheirTurn() throws Exception {
        UnderStoreSettings settings = settings();
        AdaptiveLimit stats = limits.of(settings, Verb.STAT);
        stats.onAttempt(Pressure.TOO_MUCH);
        assertEquals(4, stats.current());
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch full = new CountDownLatch(4);
        Semaphore go = new Semaphore(0);
        FaultyUnderStore.Faults slow =
                new FaultyUnderStore.Faults() {
                    @Override
                    public void before(Verb verb, String subject) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        full.countDown();
                        go.acquireUninterruptibly();
                        inside.decrementAndGet();
                    }
                };
        try (UnderStore store =
                        new LimitedUnderStore(
                                new FaultyUnderStore(UnderStores.open(settings), slow),
                                stats,
                                limits.of(settings, Verb.LIST),
                                Duration.ofSeconds(20));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                calls.add(threads.submit(() -> store.stat("nothing")));
            }
            full.await();
            go.release(12);
            for (Future<?> call : calls) {
                call.get();
            }
        }
        assertEquals(4, most.get());
    }

    @Test
    void whoGetsNoTurnIsToldTheLimit() throws Exception {
        AdaptiveLimit one = new AdaptiveLimit(1, System::nanoTime);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        FaultyUnderStore.Faults stuck =
                new FaultyUnderStore.Faults() {
                    @Override
                    public void before(Verb verb, String subject) {
                        inside.countDown();
                        try {
                            over.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        try (UnderStore store =
                        new LimitedUnderStore(
                                new FaultyUnderStore(UnderStores.open(settings()), stuck),
                                one,
                                one,
                                Duration.ofMillis(150));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> first = threads.submit(() -> store.stat("nothing"));
            inside.await();
            MillraceException e =
                    assertThrows(MillraceException.class, () -> store.stat("nothing"));
            assertEquals(ErrorCode.BUSY, e.code());
            assertTrue(e.getMessage().contains("takes 1 HEAD"), e.getMessage());
            over.countDown();
            first.get();
        }
    }

    @Test
    void mountsOfOneBucketShareALimitAndOtherBucketsHaveTheirOwn() {
        UnderStoreSettings train = bucket("s3://data/train/");
        UnderStoreSettings test = bucket("s3://data/test/");
        UnderStoreSettings other = bucket("s3://other/");
        limits.listener(train).onAttempt(Verb.READ, Pressure.TOO_MUCH);
        assertEquals(4, limits.of(test, Verb.READ).current());
        assertEquals(8, limits.of(test, Verb.LIST).current());
        assertEquals(8, limits.of(other, Verb.READ).current());
        assertEquals(4, limits.lowest(Verb.READ));
        assertEquals(1, limits.decreases(Verb.READ));
    }

    private static UnderStoreSettings bucket(String uri) {
        return new UnderStoreSettings(
                URI.create(uri),
                "http://127.0.0.1:9000",
                "",
                true,
                "",
                UnderStoreSettings.Limits.DEFAULT);
    }
}
