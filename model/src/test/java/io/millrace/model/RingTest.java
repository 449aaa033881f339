package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RingTest {

    private static final int SLOTS = 4096;

    @Test
    void addingAFourthWorkerMovesAboutAQuarterOfTheSlotsAndAllOfThemToIt() {
        Placement three = ring(1, 1, 1).placement();
        Placement four = ring(1, 1, 1, 1).placement();

        int moved = 0;
        for (int slot = 0; slot < SLOTS; slot++) {
            WorkerId before = three.owners(slot).getFirst();
            WorkerId after = four.owners(slot).getFirst();
            if (!before.equals(after)) {
                moved++;
                assertEquals(worker(3), after);
            }
        }
        assertTrue(Math.abs(moved - SLOTS / 4) < SLOTS * 0.03, "moved " + moved);
    }

    @Test
    void losingAWorkerGivesItsSlotsToTheNextOwnerAndMovesNoOther() {
        Placement all = ring(1, 1, 1).placement();
        Placement without = new Ring(2, SLOTS, ring(1, 1).members()).placement();

        for (int slot = 0; slot < SLOTS; slot++) {
            List<WorkerId> survivors = new ArrayList<>(all.owners(slot));
            survivors.remove(worker(2));
            assertEquals(survivors, without.owners(slot));
        }
    }

    @Test
    void sharesFollowTheWeights() {
        Placement placement = ring(3, 1).placement();

        int first = placement.slotsOf(worker(0)).size();

        assertTrue(Math.abs(first - SLOTS * 0.75) < SLOTS * 0.03, "first owns " + first);
    }

    @Test
    void aWorkerOfWeightZeroOwnsNothing() {
        Placement placement = ring(1, 0).placement();

        assertEquals(List.of(), placement.slotsOf(worker(1)));
        assertEquals(List.of(worker(0)), placement.owners(0));
    }

    @Test
    void aDrainingWorkerComesAfterAllOthers() {
        Ring ring =
                new Ring(
                        1,
                        SLOTS,
                        List.of(
                                new Ring.Member(worker(0), 1, false),
                                new Ring.Member(worker(1), 1_000_000, true)));

        Placement placement = ring.placement();

        assertEquals(List.of(), placement.slotsOf(worker(1)));
        assertEquals(List.of(worker(0), worker(1)), placement.owners(7));
    }

    @Test
    void placementIsTheSameInEveryProcessAndRelease() {
        Placement placement = new Ring(1, 8, ring(1, 1, 1).members()).placement();
        FileVersion version = FileVersion.parse("00112233445566778899aabbccddeeff");

        List<String> owners = new ArrayList<>();
        for (int slot = 0; slot < 8; slot++) {
            owners.add(placement.owners(slot).getFirst().value());
        }

        assertEquals(
                "worker-1 worker-1 worker-1 worker-2 worker-2 worker-2 worker-2 worker-2",
                String.join(" ", owners));
        assertEquals(
                "646 595",
                new BlockId(version, 0).slot(1024) + " " + new BlockId(version, 1).slot(1024));
    }

    @Test
    void aRingWithOneWorkerTwiceIsRefused() {
        Ring.Member member = new Ring.Member(worker(0), 1, false);

        assertThrows(IllegalArgumentException.class, () -> new Ring(1, 8, List.of(member, member)));
    }

    private static Ring ring(long... weights) {
        List<Ring.Member> members = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            members.add(new Ring.Member(worker(i), weights[i], false));
        }
        return new Ring(1, SLOTS, members);
    }

    private static WorkerId worker(int index) {
        return new WorkerId("worker-" + index);
    }
}
