package io.millrace.job.cluster;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.Worker;
import io.millrace.model.Placement;
import io.millrace.model.WorkerId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The workers at one epoch of the ring, and what each owns.
 *
 * @param epoch of the ring
 * @param placement who owns which slot
 * @param workers of the ring, by id
 */
public record Topology(long epoch, Placement placement, Map<WorkerId, Worker> workers) {

    static Topology of(Ring ring) {
        Map<WorkerId, Worker> workers = new TreeMap<>();
        for (Worker worker : ring.getWorkersList()) {
            workers.put(new WorkerId(worker.getId()), worker);
        }
        return new Topology(
                ring.getEpoch(), Messages.fromMessage(ring).placement(), Map.copyOf(workers));
    }

    public int slots() {
        return placement.slots();
    }

    /** The workers that own slots, in order: who can be given work. */
    public List<WorkerId> owners() {
        return workers.keySet().stream()
                .sorted()
                .filter(worker -> !placement.slotsOf(worker).isEmpty())
                .toList();
    }
}
