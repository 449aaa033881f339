package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A change of the ring moves its share of the bytes: 20,000 files of lengths as data sets have
 * them, many small ones and a few large, over the slots of a production cluster.
 *
 * <p>Which slots a worker wins follows from its name. Over 300 sets of names the share that moves
 * has a mean of 24.8 % and a standard deviation of 1.6 points (1,024 slots alone make 1.35), and
 * lies outside of 25 % +- 3 for 17 of them; for the eight tested here it does not.
 */
class RingChangeTest {

    private static final int SLOTS = 1_024;
    private static final int FILES = 20_000;
    private static final long CAPACITY = 4L << 40;

    /** A block, as placed, and its bytes. */
    private record Placed(BlockId by, long bytes) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aFourthWorkerTakesAQuarterOfTheBytesAndNoOtherByteMoves(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Ring.Member> workers = workers(4, random);
        List<Placed> blocks = blocks(random);
        Placement three = new Ring(1, SLOTS, workers.subList(0, 3)).placement();
        Placement four = new Ring(2, SLOTS, workers).placement();

        long moved = 0;
        for (Placed block : blocks) {
            WorkerId before = three.owners(block.by()).getFirst();
            WorkerId after = four.owners(block.by()).getFirst();
            if (!after.equals(before)) {
                assertEquals(workers.get(3).id(), after, "seed " + seed);
                moved += block.bytes();
            }
        }

        assertShare(0.25, moved, bytes(blocks), seed);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aWorkerThatIsGoneIsRefilledByItsShareOnlyAndByAllOthers(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Ring.Member> workers = workers(4, random);
        List<Placed> blocks = blocks(random);
        WorkerId gone = workers.get(3).id();
        Placement four = new Ring(1, SLOTS, workers).placement();
        Placement three = new Ring(2, SLOTS, workers.subList(0, 3)).placement();

        Map<WorkerId, Long> refilled = new HashMap<>();
        for (Placed block : blocks) {
            WorkerId before = four.owners(block.by()).getFirst();
            WorkerId after = three.owners(block.by()).getFirst();
            if (!after.equals(before)) {
                assertEquals(gone, before, "seed " + seed);
                assertEquals(four.owners(block.by()).get(1), after, "seed " + seed);
                refilled.merge(after, block.bytes(), Long::sum);
            }
        }

        long all = refilled.values().stream().mapToLong(Long::longValue).sum();
        assertShare(0.25, all, bytes(blocks), seed);
        assertEquals(3, refilled.size());
    }

    private static void assertShare(double expected, long bytes, long all, long seed) {
        double share = (double) bytes / all;
        assertTrue(Math.abs(share - expected) <= 0.03, "seed " + seed + ": " + share);
    }

    private static long bytes(List<Placed> blocks) {
        return blocks.stream().mapToLong(Placed::bytes).sum();
    }

    /** Named as workers name themselves. */
    private static List<Ring.Member> workers(int count, SplittableRandom random) {
        List<Ring.Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            WorkerId id = new WorkerId("w-" + HexFormat.of().toHexDigits(random.nextInt()));
            members.add(new Ring.Member(id, CAPACITY, false));
        }
        return members;
    }

    /** Lengths spread evenly over their logarithms, 1 KB to 1 GB; one file in 1,000 of 8 GB. */
    private static List<Placed> blocks(SplittableRandom random) {
        BlockLayout layout = BlockLayout.DEFAULT;
        List<Placed> placed = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            long length =
                    i % 1_000 == 0 ? 8_000_000_000L : (long) Math.pow(10, random.nextDouble(3, 9));
            FileVersion version =
                    new FileSource(
                                    7,
                                    "train/%05d".formatted(i),
                                    "\"" + random.nextLong() + "\"",
                                    length)
                            .fileVersion();
            for (int block = 0; block < layout.blocks(length); block++) {
                placed.add(
                        new Placed(
                                layout.placedBy(version, block, length),
                                layout.range(block, length).length()));
            }
        }
        return placed;
    }
}
