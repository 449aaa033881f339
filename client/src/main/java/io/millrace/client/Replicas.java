package io.millrace.client;

import io.millrace.model.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which of the workers that keep a block is asked first: of two of them the one with fewer requests
 * of this process in flight (power of two choices; Mitzenmacher 2001). When both have as many it is
 * that of the open file's turn, so that files and processes spread over all, and a stream stays
 * where it is read ahead. Safe for many threads.
 */
final class Replicas {

    private final ConcurrentHashMap<WorkerId, Integer> inFlight = new ConcurrentHashMap<>();
    private final AtomicInteger turns = new AtomicInteger(ThreadLocalRandom.current().nextInt());
    private final AtomicInteger rivals = new AtomicInteger();

    /** The turn of a file that is opened. */
    int nextTurn() {
        return turns.getAndIncrement();
    }

    void begin(WorkerId worker) {
        inFlight.merge(worker, 1, Integer::sum);
    }

    void end(WorkerId worker) {
        inFlight.computeIfPresent(worker, (_, count) -> count == 1 ? null : count - 1);
    }

    /** Requests that have begun and not ended. */
    int inFlight(WorkerId worker) {
        return inFlight.getOrDefault(worker, 0);
    }

    /** The {@code keepers} with the one to ask first before the others, whose order stays. */
    List<WorkerId> order(List<WorkerId> keepers, int turn) {
        int count = keepers.size();
        if (count < 2) {
            return keepers;
        }
        int mine = Math.floorMod(turn, count);
        int other = (mine + 1 + Math.floorMod(rivals.getAndIncrement(), count - 1)) % count;
        WorkerId first =
                inFlight(keepers.get(other)) < inFlight(keepers.get(mine))
                        ? keepers.get(other)
                        : keepers.get(mine);
        List<WorkerId> ordered = new ArrayList<>(count);
        ordered.add(first);
        for (WorkerId keeper : keepers) {
            if (!keeper.equals(first)) {
                ordered.add(keeper);
            }
        }
        return ordered;
    }
}
