package io.millrace.cache.eviction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.eviction.CacheClass.Protection;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Files of 10 bytes but where it says otherwise, in a cache of 100. */
class EvictionTest {

    private static final int SIZE = 10;
    private static final CacheClass FIRST = group(1);
    private static final CacheClass SECOND = group(2);

    private final long[] sizes = new long[1000];

    {
        java.util.Arrays.fill(sizes, SIZE);
    }

    @Test
    void lruDropsWhatWasOpenedLongestAgo() {
        Eviction lru = of(EvictionKind.LRU);
        admit(lru, FIRST, 0, 1, 2);
        lru.access(0);
        assertArrayEquals(new int[] {1, 2}, victims(lru, SECOND, 2 * SIZE));
    }

    @Test
    void filesInUseArePassedOver() {
        Eviction lru = of(EvictionKind.LRU);
        admit(lru, FIRST, 0, 1, 2);
        assertArrayEquals(new int[] {1}, lru.victims(FIRST, SIZE, file -> file == 0 ? 0 : SIZE));
    }

    @Test
    void whatWasFoundAtTheStartGoesFirst() {
        Eviction lru = of(EvictionKind.LRU);
        admit(lru, CacheClass.DEFAULT, 0);
        lru.restore(1);
        lru.restore(2);
        assertArrayEquals(new int[] {2, 1, 0}, victims(lru, CacheClass.DEFAULT, 3 * SIZE));
    }

    @Test
    void s3FifoDropsWhatWasReadOnceBeforeWhatWasReadAgain() {
        Eviction s3fifo = of(EvictionKind.S3_FIFO);
        admit(s3fifo, FIRST, IntStream.range(0, 10).toArray());
        for (int file = 0; file < 3; file++) {
            s3fifo.access(file);
            s3fifo.access(file);
        }
        assertArrayEquals(IntStream.range(3, 10).toArray(), victims(s3fifo, FIRST, 7 * SIZE));
    }

    @Test
    void s3FifoTakesWhatComesBackFromTheGhostQueueIntoItsMainQueue() {
        Eviction s3fifo = of(EvictionKind.S3_FIFO);
        admit(s3fifo, FIRST, IntStream.range(0, 10).toArray());
        for (int file = 0; file < 10; file++) {
            if (file != 4) {
                s3fifo.access(file);
                s3fifo.access(file);
            }
        }
        assertArrayEquals(new int[] {4}, victims(s3fifo, FIRST, SIZE));
        s3fifo.evict(4, identity(4));
        s3fifo.admit(20, identity(4), FIRST);
        admit(s3fifo, FIRST, 21, 22, 23);
        int[] all = victims(s3fifo, FIRST, 13 * SIZE);
        assertEquals(13, all.length);
        assertEquals(21, all[0], "the small queue goes first: the one that came back is not in it");
    }

    @Test
    void aFullEpochPoolAdmitsNothingOfItsOwn() {
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, FIRST, IntStream.range(0, 10).toArray());
        assertFalse(epoch.mayDisplace(FIRST));
        assertArrayEquals(new int[0], victims(epoch, FIRST, SIZE));
    }

    @Test
    void epochDropsWhatFourRoundsDidNotRead() {
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, FIRST, IntStream.range(0, 10).toArray());
        for (int round = 0; round < 4; round++) {
            assertFalse(epoch.mayDisplace(FIRST), "round " + round);
            for (int file = 1; file < 10; file++) {
                epoch.access(file);
            }
        }
        assertTrue(epoch.mayDisplace(FIRST));
        assertArrayEquals(new int[] {0}, victims(epoch, FIRST, 2 * SIZE));
    }

    @Test
    void openingOneFileManyTimesIsNoRound() {
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, FIRST, IntStream.range(0, 10).toArray());
        for (int file = 0; file < 10; file++) {
            epoch.access(file);
        }
        for (int time = 0; time < 100; time++) {
            epoch.access(3);
        }
        assertFalse(epoch.mayDisplace(FIRST));
    }

    @Test
    void dataSetsInUseComeToEqualShares() {
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, FIRST, IntStream.range(0, 10).toArray());
        int taken = 0;
        for (int file = 10; file < 30; file++) {
            epoch.access(9);
            int[] victims = victims(epoch, SECOND, SIZE);
            if (victims.length > 0) {
                assertTrue(victims[0] < 10, "its own stay");
                epoch.evict(victims[0], identity(victims[0]));
                admit(epoch, SECOND, file);
                taken++;
            }
        }
        assertEquals(5, taken);
    }

    @Test
    void aDataSetThatIsNotReadAnyMoreGivesWay() {
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, FIRST, IntStream.range(0, 10).toArray());
        for (int file = 10; file < 20; file++) {
            int[] victims = victims(epoch, SECOND, SIZE);
            assertEquals(1, victims.length, "file " + file);
            assertTrue(victims[0] < 10);
            epoch.evict(victims[0], identity(victims[0]));
            admit(epoch, SECOND, file);
        }
        assertFalse(epoch.mayDisplace(SECOND));
    }

    @Test
    void whatWasFoundAtTheStartStaysForItsEpochsToGoOn() {
        Eviction epoch = of(EvictionKind.EPOCH);
        for (int file = 0; file < 10; file++) {
            epoch.restore(file);
        }
        for (int file = 0; file < 5; file++) {
            assertFalse(epoch.mayDisplace(FIRST), "file " + file);
            epoch.classify(file, identity(file), FIRST);
            epoch.access(file);
        }
    }

    @Test
    void aHigherPriorityDisplacesALowerOneAndNeverTheOtherWayRound() {
        CacheClass high = new CacheClass(null, 3, 7, Protection.EVICTABLE);
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, FIRST, 0, 1, 2, 3);
        admit(epoch, high, 4, 5, 6, 7, 8, 9);
        assertTrue(epoch.mayDisplace(high));
        assertArrayEquals(new int[] {0, 1, 2, 3}, victims(epoch, high, 10 * SIZE));
        assertArrayEquals(new int[0], victims(epoch, FIRST, SIZE));
        assertFalse(epoch.mayDisplace(FIRST));
    }

    @Test
    void pinnedFilesAreNeverVictims() {
        Eviction lru = of(EvictionKind.LRU);
        admit(lru, new CacheClass(null, 1, 0, Protection.PINNED), 0, 1);
        admit(lru, FIRST, 2, 3);
        lru.classify(2, identity(2), new CacheClass(null, 1, 0, Protection.PINNED));
        assertArrayEquals(new int[] {3}, victims(lru, FIRST, 10 * SIZE));
        assertArrayEquals(new int[] {3}, lru.excess(10 * SIZE, file -> sizes[file]));
        lru.classify(0, identity(0), FIRST);
        assertArrayEquals(new int[] {3, 0}, victims(lru, FIRST, 10 * SIZE));
    }

    @Test
    void groupsMayHavePoliciesOfTheirOwn() {
        CacheClass recent = new CacheClass(EvictionKind.LRU, 4, 0, Protection.EVICTABLE);
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, recent, 0, 1, 2, 3, 4);
        admit(epoch, FIRST, 5, 6, 7, 8, 9);
        epoch.access(4);
        assertFalse(epoch.mayDisplace(FIRST));
        assertArrayEquals(new int[] {0}, victims(epoch, recent, SIZE));
    }

    @Test
    void excessTakesTheLowestPriorityFirst() {
        Eviction epoch = of(EvictionKind.EPOCH);
        admit(epoch, new CacheClass(null, 3, 7, Protection.EVICTABLE), 0, 1);
        admit(epoch, FIRST, 2, 3);
        assertArrayEquals(new int[] {2, 3, 0}, epoch.excess(3 * SIZE, file -> sizes[file]));
    }

    @Test
    void aGroupIsAMountAndTheFirstPartOfAKey() {
        long train = CacheClass.groupOf(1, "train/a/1.jpg");
        assertEquals(train, CacheClass.groupOf(1, "train/b/2.jpg"));
        assertFalse(train == CacheClass.groupOf(1, "val/a/1.jpg"));
        assertFalse(train == CacheClass.groupOf(2, "train/a/1.jpg"));
        assertEquals(CacheClass.groupOf(1, "x"), CacheClass.groupOf(1, "y"));
    }

    @Test
    void policiesHaveTheNamesOfSettings() {
        assertEquals(Optional.of(EvictionKind.S3_FIFO), EvictionKind.named("s3-fifo"));
        assertEquals(Optional.empty(), EvictionKind.named("fifo"));
        assertEquals("lru, s3-fifo, epoch", EvictionKind.names());
    }

    private static CacheClass group(long group) {
        return new CacheClass(null, group, 0, Protection.EVICTABLE);
    }

    private Eviction of(EvictionKind kind) {
        return new Eviction(kind, 10 * SIZE, file -> sizes[file]);
    }

    private static void admit(Eviction eviction, CacheClass as, int... files) {
        for (int file : files) {
            eviction.admit(file, identity(file), as);
        }
    }

    private int[] victims(Eviction eviction, CacheClass newcomer, long bytes) {
        return eviction.victims(newcomer, bytes, file -> sizes[file]);
    }

    private static long identity(int file) {
        return (file + 1) * 0x9e3779b97f4a7c15L;
    }
}
