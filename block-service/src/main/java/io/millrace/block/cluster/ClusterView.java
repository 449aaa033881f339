package io.millrace.block.cluster;

import io.millrace.model.Placement;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/** The ring as this worker last heard it. Safe for many threads. */
public final class ClusterView {

    /**
     * One ring and what follows from it.
     *
     * @param placementWithoutDrain who would own what if nobody were draining; empty: nobody is
     * @param addresses where each worker is
     */
    public record Known(
            Ring ring,
            Placement placement,
            Optional<Placement> placementWithoutDrain,
            Map<WorkerId, Address> addresses) {

        static Known of(Ring ring, Map<WorkerId, Address> addresses) {
            boolean drains = ring.members().stream().anyMatch(Ring.Member::draining);
            return new Known(
                    ring,
                    ring.placement(),
                    drains ? Optional.of(ring.withoutDrain().placement()) : Optional.empty(),
                    Map.copyOf(addresses));
        }

        boolean has(WorkerId worker) {
            return ring.members().stream().anyMatch(member -> member.id().equals(worker));
        }
    }

    /** Where a worker serves bytes. */
    public record Address(String host, int dataPort) {}

    private final WorkerId self;
    private final LongSupplier nanoTime;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile Known known;
    private volatile Optional<Long> joinedNanos = Optional.empty();

    /**
     * Knows a ring without workers until it hears of one.
     *
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    public ClusterView(WorkerId self, LongSupplier nanoTime) {
        this.self = self;
        this.nanoTime = nanoTime;
        this.known = Known.of(new Ring(0, 1, List.of()), Map.of());
    }

    public WorkerId self() {
        return self;
    }

    public Known known() {
        return known;
    }

    /** The slots whose first owner this worker is. */
    public List<Integer> ownSlots() {
        return known.placement().slotsOf(self);
    }

    /** Calls {@code listener} after each change, on the thread that brought it. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** When this worker last came into the ring, on its clock; empty: it is not in it. */
    public Optional<Long> joinedNanos() {
        return joinedNanos;
    }

    /** Takes over a ring, and where its workers are, unless a newer one is known. */
    public void update(Ring ring, Map<WorkerId, Address> addresses) {
        synchronized (this) {
            if (ring.epoch() < known.ring().epoch() || ring.equals(known.ring())) {
                return;
            }
            Known next = Known.of(ring, addresses);
            if (!next.has(self)) {
                joinedNanos = Optional.empty();
            } else if (!known.has(self)) {
                joinedNanos = Optional.of(nanoTime.getAsLong());
            }
            known = next;
        }
        listeners.forEach(Runnable::run);
    }
}
