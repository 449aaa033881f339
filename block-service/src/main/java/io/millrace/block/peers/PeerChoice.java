package io.millrace.block.peers;

import io.millrace.block.cluster.ClusterView;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockId;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whom to ask for a block before the under store. Decides only.
 *
 * <p>Who does not own the block asks the owner, which fetches it for all. The owner asks who owned
 * it before, for what is cached there: a worker that drains, and, for some time after this worker
 * has come into the ring, the next one in the slot's order. By rendezvous hashing that is who had
 * the slot while this worker was not there.
 */
final class PeerChoice {

    /** Owners that are asked one after the other before the under store. */
    private static final int OWNERS = 2;

    private final ClusterView view;
    private final Duration handover;

    /** A worker to ask, and where it may get the bytes from. */
    record Ask(WorkerId worker, ClusterView.Address address, Origin origin) {}

    PeerChoice(ClusterView view, Duration handover) {
        this.view = view;
        this.handover = handover;
    }

    /**
     * @param nowNanos on the clock of {@link System#nanoTime}
     */
    List<Ask> whom(BlockId block, long nowNanos) {
        ClusterView.Known known = view.known();
        List<WorkerId> owners = known.placement().owners(block);
        List<Ask> asks = new ArrayList<>(OWNERS);
        if (owners.isEmpty()) {
            return asks;
        }
        if (!owners.getFirst().equals(view.self())) {
            for (WorkerId owner : owners.subList(0, Math.min(OWNERS, owners.size()))) {
                add(asks, known, owner, Origin.UNDER_STORE);
            }
            return asks;
        }
        known.placementWithoutDrain()
                .map(placement -> placement.owners(block).getFirst())
                .ifPresent(before -> add(asks, known, before, Origin.CACHE));
        Optional<Long> joined = view.joinedNanos();
        boolean isNew = joined.isPresent() && nowNanos - joined.get() < handover.toNanos();
        if (isNew && asks.isEmpty() && owners.size() > 1) {
            add(asks, known, owners.get(1), Origin.CACHE);
        }
        return asks;
    }

    private void add(List<Ask> asks, ClusterView.Known known, WorkerId worker, Origin origin) {
        ClusterView.Address address = known.addresses().get(worker);
        if (address != null && !worker.equals(view.self())) {
            asks.add(new Ask(worker, address, origin));
        }
    }
}
