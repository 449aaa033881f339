package io.millrace.block.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.Eventually;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.AdaptiveLimit;
import io.millrace.understore.AttemptListener.Pressure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class GetPermitsTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final long MOUNT = 1;
    private static final long OTHER_MOUNT = 2;

    private final AtomicLong now = new AtomicLong();
    private final AdaptiveLimit bucket = new AdaptiveLimit(8, now::get);
    private final GetPermits permits = new GetPermits(8, 4);

    @Test
    void loadsLeaveReadsTheirShare() {
        take(4, Urgency.LOAD);
        assertBusy(Urgency.LOAD);
        take(4, Urgency.READ);
        assertBusy(Urgency.READ);
        assertEquals(8, permits.taken());
    }

    @Test
    void aBucketThatBearsLessIsAskedLessAndLoadsKeepTheirShare() {
        bucket.onAttempt(Pressure.TOO_MUCH);
        assertEquals(4, bucket.current());
        take(2, Urgency.LOAD);
        assertBusy(Urgency.LOAD);
        take(2, Urgency.READ);
        assertBusy(Urgency.READ);
        permits.give(take(new AdaptiveLimit(8, now::get), Urgency.READ));
    }

    @Test
    void aBucketThatBearsOneIsStillLoadedFrom() {
        for (int i = 0; i < 4; i++) {
            now.addAndGet(AdaptiveLimit.HOLD.toNanos());
            bucket.onAttempt(Pressure.TOO_MUCH);
        }
        take(1, Urgency.LOAD);
        assertBusy(Urgency.READ);
    }

    @Test
    void aReadIsServedBeforeLoadsThatWaitLonger() throws Exception {
        List<GetPermits.Permit> taken = take(8, Urgency.READ);
        CompletableFuture<GetPermits.Permit> load = waiting(MOUNT, Urgency.LOAD);
        CompletableFuture<GetPermits.Permit> read = waiting(MOUNT, Urgency.READ);
        permits.give(taken.getFirst());
        assertEquals(Urgency.READ, read.get().urgency());
        assertFalse(load.isDone());
        permits.give(taken.get(1));
        assertEquals(Urgency.LOAD, load.get().urgency());
    }

    @Test
    void aLoadThatAReaderJoinsIsServedAsARead() throws Exception {
        List<GetPermits.Permit> loads = take(4, Urgency.LOAD);
        AtomicReference<Urgency> urgency = new AtomicReference<>(Urgency.LOAD);
        CompletableFuture<GetPermits.Permit> joined = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() ->
                        joined.complete(
                                permits.take(
                                        new GetPermits.Request(bucket, MOUNT, urgency::get),
                                        LONG)));
        urgency.set(Urgency.READ);
        permits.reconsider();
        assertEquals(Urgency.READ, joined.get().urgency());
        assertEquals(4, loads.size());
    }

    @Test
    void theMountThatHasFewestIsNext() throws Exception {
        List<GetPermits.Permit> taken = take(8, Urgency.READ);
        CompletableFuture<GetPermits.Permit> more = waiting(MOUNT, Urgency.READ);
        CompletableFuture<GetPermits.Permit> other = waiting(OTHER_MOUNT, Urgency.READ);
        permits.give(taken.getFirst());
        assertEquals(OTHER_MOUNT, other.get().mount());
        assertFalse(more.isDone());
        permits.give(taken.get(1));
        assertEquals(MOUNT, more.get().mount());
    }

    @Test
    void whoGivesUpLeavesNothingBehind() throws Exception {
        List<GetPermits.Permit> taken = take(8, Urgency.READ);
        assertBusy(Urgency.READ);
        taken.forEach(permits::give);
        assertEquals(0, permits.taken());
        assertTrue(permits.hasRoom(bucket));
    }

    @Test
    void whoIsInterruptedLeavesNothingBehind() throws Exception {
        List<GetPermits.Permit> taken = take(8, Urgency.READ);
        CompletableFuture<ErrorCode> told = new CompletableFuture<>();
        Thread thread =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                permits.take(
                                        new GetPermits.Request(bucket, MOUNT, () -> Urgency.READ),
                                        LONG);
                            } catch (MillraceException e) {
                                told.complete(e.code());
                            }
                        });
        awaitWaiting(thread);
        thread.interrupt();
        assertEquals(ErrorCode.INTERRUPTED, told.get());
        taken.forEach(permits::give);
        assertEquals(0, permits.taken());
    }

    @Test
    void nothingIsLostOrGivenTwiceWhateverTheOrder() throws Exception {
        long seed = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        AtomicInteger inside = new AtomicInteger();
        for (int t = 0; t < 40; t++) {
            Random random = new Random(seed + t);
            long mount = t % 3;
            threads.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    for (int i = 0; i < 300; i++) {
                                        Urgency urgency = Urgency.values()[random.nextInt(2)];
                                        GetPermits.Permit permit =
                                                permits.take(
                                                        new GetPermits.Request(
                                                                bucket, mount, () -> urgency),
                                                        LONG);
                                        assertTrue(inside.incrementAndGet() <= 8);
                                        Thread.yield();
                                        inside.decrementAndGet();
                                        permits.give(permit);
                                    }
                                } catch (Throwable e) {
                                    failures.add(e);
                                }
                            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures, "seed " + seed);
        assertEquals(0, permits.taken());
    }

    private List<GetPermits.Permit> take(int count, Urgency urgency) {
        List<GetPermits.Permit> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            taken.add(take(bucket, urgency));
        }
        return taken;
    }

    private GetPermits.Permit take(AdaptiveLimit where, Urgency urgency) {
        return permits.take(new GetPermits.Request(where, MOUNT, () -> urgency), AT_ONCE);
    }

    private void assertBusy(Urgency urgency) {
        MillraceException e = assertThrows(MillraceException.class, () -> take(bucket, urgency));
        assertEquals(ErrorCode.BUSY, e.code());
        assertTrue(e.getMessage().contains("max-gets"), e.getMessage());
    }

    private CompletableFuture<GetPermits.Permit> waiting(long mount, Urgency urgency) {
        CompletableFuture<GetPermits.Permit> got = new CompletableFuture<>();
        Thread thread =
                Thread.ofVirtual()
                        .start(() ->
                                got.complete(
                                        permits.take(
                                                new GetPermits.Request(
                                                        bucket, mount, () -> urgency),
                                                LONG)));
        awaitWaiting(thread);
        return got;
    }

    private static void awaitWaiting(Thread thread) {
        Eventually.holds("it waits", () -> thread.getState() == Thread.State.TIMED_WAITING);
    }
}
