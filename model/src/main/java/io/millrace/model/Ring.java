package io.millrace.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The workers that placement is computed over, at one epoch.
 *
 * @param epoch grows with every change
 * @param slots how many slots there are, 1 to 65,536; never changes in a cluster's life
 * @param members in any order; each id once
 */
public record Ring(long epoch, int slots, List<Member> members) {

    /** Most slots a cluster may have. */
    public static final int MAX_SLOTS = 65_536;

    /**
     * A worker whose lease is live.
     *
     * @param id its name
     * @param weight its share, usually its capacity in bytes; 0: owns nothing and only keeps local
     *     copies
     * @param draining whether it gives up what it owns: it comes after all others
     */
    public record Member(WorkerId id, long weight, boolean draining) {

        public Member {
            if (weight < 0) {
                throw new IllegalArgumentException(
                        "weight " + weight + " of worker " + id + " is negative");
            }
        }
    }

    public Ring {
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException(slots + " slots: 1 to " + MAX_SLOTS);
        }
        members = List.copyOf(members);
        Set<WorkerId> seen = new HashSet<>();
        for (Member member : members) {
            if (!seen.add(member.id())) {
                throw new IllegalArgumentException(
                        "worker " + member.id() + " is twice in the ring");
            }
        }
    }

    /** Computes who owns what. Cost: slots x workers; keep the result for the epoch. */
    public Placement placement() {
        List<List<WorkerId>> ownersBySlot = new ArrayList<>(slots);
        for (int slot = 0; slot < slots; slot++) {
            ownersBySlot.add(ownersOf(slot));
        }
        return new Placement(epoch, ownersBySlot);
    }

    /** The ring as it would be if nobody were draining. */
    public Ring withoutDrain() {
        return new Ring(
                epoch,
                slots,
                members.stream()
                        .map(member -> new Member(member.id(), member.weight(), false))
                        .toList());
    }

    private List<WorkerId> ownersOf(int slot) {
        record Ranked(Member member, double score) {}
        List<Ranked> ranked = new ArrayList<>(members.size());
        for (Member member : members) {
            if (member.weight() > 0) {
                ranked.add(new Ranked(member, score(slot, member)));
            }
        }
        ranked.sort(
                Comparator.comparing((Ranked r) -> r.member().draining())
                        .thenComparing(Comparator.comparingDouble(Ranked::score).reversed())
                        .thenComparing(r -> r.member().id()));
        return ranked.stream().map(r -> r.member().id()).toList();
    }

    /**
     * Weighted rendezvous hashing by the logarithmic method (Schindelhauer, Schomaker 2005): a
     * worker wins a slot with probability weight / sum of weights, and a change of one worker moves
     * only the slots it wins or loses.
     */
    private static double score(int slot, Member member) {
        long bits = Mix.mix(Mix.hash(member.id().value()) ^ Mix.mix(slot));
        double uniform = ((bits >>> 11) + 0.5) * 0x1.0p-53;
        return -member.weight() / StrictMath.log(uniform);
    }
}
