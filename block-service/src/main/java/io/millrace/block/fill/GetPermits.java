package io.millrace.block.fill;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.AdaptiveLimit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may be at the under stores, and who is next.
 *
 * <p>There are {@code max} requests in all, at each bucket at most as many as it bears now, and of
 * these loads never take the share that is kept for reads. A free permit goes to the most urgent,
 * among these to the mount that has fewest, among these to who waits longest. One lock guards
 * everything.
 */
final class GetPermits {

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
    private final Map<AdaptiveLimit, Taken> byBucket = new HashMap<>();
    private final Map<Long, Taken> byMount = new HashMap<>();
    private final Taken all = new Taken();
    private final int max;
    private final int maxLoads;

    /** What is asked, for whom. */
    record Request(AdaptiveLimit bucket, long mount, Supplier<Urgency> urgency) {}

    /** Leave to make a request; given back once. */
    record Permit(AdaptiveLimit bucket, long mount, Urgency urgency) {}

    private static final class Taken {
        int gets;
        int loads;

        void add(Urgency urgency, int count) {
            gets += count;
            loads += urgency == Urgency.READ ? 0 : count;
        }
    }

    private final class Waiter {
        final Request request;
        final Condition turn = lock.newCondition();
        @Nullable Permit permit;

        Waiter(Request request) {
            this.request = request;
        }
    }

    GetPermits(int max, int maxLoads) {
        this.max = max;
        this.maxLoads = maxLoads;
    }

    /**
     * Waits for a permit. The request's urgency is asked again whenever one is free: a load turns
     * into a read when a reader joins it.
     */
    Permit take(Request request, Duration timeout) {
        lock.lock();
        try {
            Waiter waiter = new Waiter(request);
            waiting.addLast(waiter);
            try {
                giveOut();
                return await(waiter, timeout.toNanos());
            } finally {
                waiting.remove(waiter);
            }
        } finally {
            lock.unlock();
        }
    }

    private Permit await(Waiter waiter, long nanos) {
        long left = nanos;
        while (waiter.permit == null) {
            if (left <= 0) {
                throw new MillraceException(
                        ErrorCode.BUSY,
                        "no request to the under store was free: of "
                                + max
                                + " (millrace.worker.fill.max-gets) it bears "
                                + waiter.request.bucket().current()
                                + " now");
            }
            try {
                left = waiter.turn.awaitNanos(left);
            } catch (InterruptedException e) {
                if (waiter.permit != null) {
                    give(waiter.permit);
                }
                Thread.currentThread().interrupt();
                throw new MillraceException(
                        ErrorCode.INTERRUPTED,
                        "interrupted while it waited for the under store",
                        e);
            }
        }
        return waiter.permit;
    }

    void give(Permit permit) {
        lock.lock();
        try {
            count(permit, -1);
            giveOut();
        } finally {
            lock.unlock();
        }
    }

    /** Someone's urgency, or a bucket's limit, has changed. */
    void reconsider() {
        lock.lock();
        try {
            giveOut();
        } finally {
            lock.unlock();
        }
    }

    /** Gives permits to those who are next, as long as there are any. */
    private void giveOut() {
        for (Waiter next = next(); next != null; next = next()) {
            Permit permit =
                    new Permit(
                            next.request.bucket(),
                            next.request.mount(),
                            next.request.urgency().get());
            next.permit = permit;
            count(permit, 1);
            waiting.remove(next);
            next.turn.signal();
        }
    }

    private @Nullable Waiter next() {
        if (all.gets >= max) {
            return null;
        }
        Waiter best = null;
        Urgency bestUrgency = Urgency.LOAD;
        int bestTaken = 0;
        for (Waiter waiter : waiting) {
            Urgency urgency = waiter.request.urgency().get();
            if (!isFree(waiter.request.bucket(), urgency)) {
                continue;
            }
            int taken = taken(byMount, waiter.request.mount()).gets;
            int order = best == null ? -1 : urgency.compareTo(bestUrgency);
            if (order < 0 || (order == 0 && taken < bestTaken)) {
                best = waiter;
                bestUrgency = urgency;
                bestTaken = taken;
            }
        }
        return best;
    }

    private boolean isFree(AdaptiveLimit bucket, Urgency urgency) {
        int bears = bucket.current();
        Taken here = taken(byBucket, bucket);
        if (all.gets >= max || here.gets >= bears) {
            return false;
        }
        return switch (urgency) {
            case READ -> true;
            case LOAD -> all.loads < maxLoads && here.loads < loadsOf(bears);
        };
    }

    /** The share of loads is the same whatever a bucket bears, but never nothing. */
    private int loadsOf(int bears) {
        return Math.max(1, (int) ((long) bears * maxLoads / max));
    }

    private void count(Permit permit, int count) {
        all.add(permit.urgency(), count);
        count(byBucket, permit.bucket(), permit.urgency(), count);
        count(byMount, permit.mount(), permit.urgency(), count);
    }

    private static <K> void count(Map<K, Taken> map, K key, Urgency urgency, int count) {
        Taken taken = map.computeIfAbsent(key, _ -> new Taken());
        taken.add(urgency, count);
        if (taken.gets == 0) {
            map.remove(key);
        }
    }

    private static <K> Taken taken(Map<K, Taken> map, K key) {
        Taken taken = map.get(key);
        return taken == null ? new Taken() : taken;
    }

    /** Whether a read would get a permit at once: for fetching ahead, which nobody waits for. */
    boolean hasRoom(AdaptiveLimit bucket) {
        lock.lock();
        try {
            return isFree(bucket, Urgency.READ)
                    && waiting.stream()
                            .noneMatch(waiter -> waiter.request.urgency().get() == Urgency.READ);
        } finally {
            lock.unlock();
        }
    }

    int taken() {
        lock.lock();
        try {
            return all.gets;
        } finally {
            lock.unlock();
        }
    }
}
