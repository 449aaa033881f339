package io.millrace.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Who owns which slot at one epoch of the ring: each slot's workers in order of preference.
 *
 * <p>Placement says where bytes belong, not where they are: a location taken from it is a hint.
 */
public final class Placement {

    private final long epoch;
    private final List<List<WorkerId>> ownersBySlot;

    Placement(long epoch, List<List<WorkerId>> ownersBySlot) {
        this.epoch = epoch;
        this.ownersBySlot = List.copyOf(ownersBySlot);
    }

    public long epoch() {
        return epoch;
    }

    public int slots() {
        return ownersBySlot.size();
    }

    /**
     * The workers of {@code slot}: the owner first, then who takes over when it is gone. Empty: no
     * worker.
     */
    public List<WorkerId> owners(int slot) {
        return ownersBySlot.get(slot);
    }

    /** The workers of the slot {@code block} lies in. */
    public List<WorkerId> owners(BlockId block) {
        return owners(block.slot(slots()));
    }

    /** Whether {@code worker} is the first owner of {@code block}. */
    public boolean isOwner(WorkerId worker, BlockId block) {
        List<WorkerId> owners = owners(block);
        return !owners.isEmpty() && owners.getFirst().equals(worker);
    }

    /** The slots whose first owner is {@code worker}, in order. */
    public List<Integer> slotsOf(WorkerId worker) {
        List<Integer> slots = new ArrayList<>();
        for (int slot = 0; slot < ownersBySlot.size(); slot++) {
            List<WorkerId> owners = ownersBySlot.get(slot);
            if (!owners.isEmpty() && owners.getFirst().equals(worker)) {
                slots.add(slot);
            }
        }
        return slots;
    }
}
