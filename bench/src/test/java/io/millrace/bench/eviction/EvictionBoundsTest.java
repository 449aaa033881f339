package io.millrace.bench.eviction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.eviction.EvictionKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each policy is there for, on traces of 10,000 files. */
class EvictionBoundsTest {

    private static final int FILES = 10_000;
    private static final long SEED = 7;

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.5, 0.75})
    void epochHitsWhatFits(double size) {
        double hits = hits(EvictionKind.EPOCH, size, Trace.EPOCHS);
        assertTrue(hits >= size - 0.02, size + " of the data: " + hits);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.5, 0.75})
    void lruHitsWhatTheorySays(double size) {
        assertEquals(
                size + (1 - size) * Math.log(1 - size),
                hits(EvictionKind.LRU, size, Trace.EPOCHS),
                0.01);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.5, 0.75})
    void onZipfOurPoliciesAreNearTheBestKnown(double size) {
        double best =
                Math.max(
                        hits(EvictionKind.LRU, size, Trace.ZIPF),
                        SimulatedCache.hitRate(
                                SimulatedCache.tinyLfu(capacity(size)), Trace.ZIPF, FILES, SEED));
        assertTrue(hits(EvictionKind.S3_FIFO, size, Trace.ZIPF) >= best - 0.02, "best " + best);
        assertTrue(hits(EvictionKind.EPOCH, size, Trace.ZIPF) >= best - 0.03, "best " + best);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.5, 0.75})
    void epochServesTwoDataSetsInTurnAsWellAsLru(double size) {
        double lru = hits(EvictionKind.LRU, size, Trace.TWO_SETS);
        assertTrue(hits(EvictionKind.EPOCH, size, Trace.TWO_SETS) >= lru - 0.02, "lru " + lru);
    }

    private static double hits(EvictionKind kind, double size, Trace trace) {
        return SimulatedCache.hitRate(SimulatedCache.of(kind, capacity(size)), trace, FILES, SEED);
    }

    private static int capacity(double size) {
        return (int) (FILES * size);
    }
}
