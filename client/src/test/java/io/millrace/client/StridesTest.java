package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ByteRange;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StridesTest {

    private static final long LENGTH = 1L << 40;
    private static final long MIB = 1 << 20;

    private final Strides strides = new Strides();
    private Random random;

    @BeforeEach
    void seed() {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("StridesTest: -Dmillrace.test.seed=" + seed);
        random = new Random(seed);
    }

    private List<ByteRange> next() {
        return strides.next(LENGTH);
    }

    @Test
    void whatComesAfterThreeEqualDistancesIsForetold() {
        for (int round = 0; round < 500; round++) {
            Strides each = new Strides();
            long bytes = 1 + random.nextLong(4 * MIB);
            long stride = bytes + MIB + random.nextLong(64 * MIB);
            long start = random.nextLong(LENGTH / 2);
            for (int i = 0; i < 20; i++) {
                long at = start + i * stride;
                each.note(at, at + bytes);
                List<ByteRange> next = each.next(LENGTH);
                // A first distance from offset 0 may be like the others by chance.
                assertTrue(i > 2 || next.isEmpty() || start == stride, i + ": " + next);
                for (int n = 0; n < next.size(); n++) {
                    long expected = at + (n + 1) * stride;
                    assertEquals(new ByteRange(expected, bytes), next.get(n));
                }
                assertTrue(i < 3 || !next.isEmpty());
            }
            assertEquals(8, each.next(LENGTH).size());
        }
    }

    @Test
    void largeReadsMayComeInPieces() {
        for (int i = 0; i < 6; i++) {
            long at = i * 16 * MIB;
            for (int piece = 0; piece < 4; piece++) {
                strides.note(at + piece * MIB, at + (piece + 1) * MIB);
                if (i >= 3 && piece == 0) {
                    assertEquals(new ByteRange(at + MIB, 3 * MIB), next().getFirst());
                    assertEquals(new ByteRange(at + 16 * MIB, 4 * MIB), next().get(1));
                }
            }
        }
        assertEquals(new ByteRange(6 * 16 * MIB, 4 * MIB), next().getFirst());
    }

    @Test
    void nothingIsForetoldOfRandomReads() {
        for (int i = 0; i < 100_000; i++) {
            long at = random.nextLong(LENGTH - MIB);
            strides.note(at, at + 4096);
            assertEquals(List.of(), next());
        }
    }

    @Test
    void nothingIsForetoldOfAStreamOrOfShortDistances() {
        for (int i = 0; i < 1_000; i++) {
            strides.note(i * 131_072L, (i + 1) * 131_072L);
            assertEquals(List.of(), next());
            assertFalse(strides.isLikely());
        }
        for (int i = 0; i < 1_000; i++) {
            long at = LENGTH / 2 + i * 65_536L;
            strides.note(at, at + 4096);
            assertEquals(List.of(), next());
        }
    }

    @Test
    void anotherDistanceSizeOrDirectionEndsIt() {
        for (int change = 0; change < 3; change++) {
            Strides each = new Strides();
            for (int i = 0; i < 10; i++) {
                each.note(i * 10 * MIB, i * 10 * MIB + 4096);
            }
            assertFalse(each.next(LENGTH).isEmpty());
            switch (change) {
                case 0 -> each.note(101 * MIB, 101 * MIB + 4096);
                case 1 -> {
                    each.note(100 * MIB, 100 * MIB + 8192);
                    each.note(110 * MIB, 110 * MIB + 8192);
                }
                default -> each.note(80 * MIB, 80 * MIB + 4096);
            }
            assertEquals(List.of(), each.next(LENGTH));
        }
    }

    @Test
    void nothingIsForetoldBehindTheEnd() {
        for (int i = 0; i < 10; i++) {
            strides.note(i * 10 * MIB, i * 10 * MIB + 4096);
        }
        assertEquals(List.of(), strides.next(95 * MIB));
        assertEquals(List.of(new ByteRange(100 * MIB, 100)), strides.next(100 * MIB + 100));
    }
}
