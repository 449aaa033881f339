package io.millrace.block.cluster;

import io.millrace.model.Placement;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The ring as this worker last heard it. Safe for many threads. */
public final class ClusterView {

    /** One ring and what follows from it. */
    public record Known(Ring ring, Placement placement) {}

    private final WorkerId self;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile Known known;

    /** Knows a ring without workers until it hears of one. */
    public ClusterView(WorkerId self) {
        this.self = self;
        Ring none = new Ring(0, 1, List.of());
        this.known = new Known(none, none.placement());
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

    /** Takes over a ring unless a newer one is known. */
    public void update(Ring ring) {
        synchronized (this) {
            if (ring.epoch() < known.ring().epoch() || ring.equals(known.ring())) {
                return;
            }
            known = new Known(ring, ring.placement());
        }
        listeners.forEach(Runnable::run);
    }
}
