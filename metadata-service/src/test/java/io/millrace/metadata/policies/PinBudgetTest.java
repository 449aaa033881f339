package io.millrace.metadata.policies;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PinBudgetTest {

    private static final NamespacePath DATA = NamespacePath.parse("/data");
    private static final NamespacePath TRAIN = NamespacePath.parse("/data/train");
    private static final NamespacePath OTHER = NamespacePath.parse("/other");

    private final Map<NamespacePath, Long> sizes =
            new HashMap<>(Map.of(DATA, 600L, TRAIN, 200L, OTHER, 350L));
    private int workers = 3;

    private final PinBudget budget =
            new PinBudget(
                    path -> sizes.getOrDefault(path, 0L),
                    () -> new PinBudget.Room(workers, workers * 400L));

    private static PathPolicy pin(@Nullable Integer replicas) {
        return new PathPolicy(true, null, replicas, null, null, null);
    }

    private static PathPolicy replicas(int replicas) {
        return new PathPolicy(null, null, replicas, null, null, null);
    }

    private void fits(Map<NamespacePath, PathPolicy> before, NamespacePath path, PathPolicy more) {
        assertDoesNotThrow(() -> budget.check(new PathPolicies(before), path, more));
    }

    private String refused(
            Map<NamespacePath, PathPolicy> before, NamespacePath path, PathPolicy more) {
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> budget.check(new PathPolicies(before), path, more));
        assertEquals(ErrorCode.NO_SPACE, refused.code());
        return refused.getMessage();
    }

    @Test
    void aPinFitsUpToTheLastByte() {
        sizes.put(DATA, 850L);
        fits(Map.of(OTHER, pin(null)), DATA, pin(null));

        sizes.put(DATA, 851L);
        assertEquals(
                "/data cannot be pinned: its 851 B in 1 replica take 851 B more, what is pinned"
                        + " already takes 350 B, and the 3 live workers hold 1.2 KiB together",
                refused(Map.of(OTHER, pin(null)), DATA, pin(null)));
    }

    @Test
    void replicasCountEach() {
        fits(Map.of(), DATA, pin(2));
        refused(Map.of(), DATA, pin(3));
        refused(Map.of(DATA, pin(null)), DATA, replicas(3));
    }

    @Test
    void replicasThatAreInheritedCountToo() {
        refused(Map.of(DATA, replicas(3)), DATA, pin(null));
        refused(Map.of(DATA, pin(2)), OTHER, pin(null));
    }

    @Test
    void moreReplicasThanWorkersTakeNoRoom() {
        workers = 2;

        fits(Map.of(), TRAIN, pin(16));
    }

    @Test
    void whatIsBelowAPinnedPathCountsOnce() {
        fits(Map.of(DATA, pin(2)), TRAIN, pin(null));
        fits(Map.of(DATA, pin(1), TRAIN, pin(3)), NamespacePath.parse("/tiny"), pin(null));
        refused(Map.of(DATA, pin(1), TRAIN, pin(3)), OTHER, pin(null));
    }

    @Test
    void fewerReplicasBelowAPinGiveRoom() {
        refused(Map.of(DATA, pin(2)), OTHER, pin(null));
        fits(Map.of(DATA, pin(2), TRAIN, replicas(1)), NamespacePath.parse("/tiny"), pin(null));
        sizes.put(OTHER, 200L);
        fits(Map.of(DATA, pin(2), TRAIN, replicas(1)), OTHER, pin(null));
    }

    @Test
    void whatIsPinnedAlreadyIsNotPutInQuestion() {
        sizes.put(DATA, 5_000L);

        fits(Map.of(DATA, pin(null)), DATA, pin(null));
        fits(Map.of(DATA, pin(2)), DATA, replicas(1));
        refused(Map.of(DATA, pin(null)), OTHER, pin(null));
    }

    @Test
    void withoutWorkersNothingFits() {
        workers = 0;

        assertEquals(
                "/other cannot be pinned: its 350 B in 1 replica take 350 B more, what is pinned"
                        + " already takes 0 B, and the 0 live workers hold 0 B together",
                refused(Map.of(), OTHER, pin(null)));
    }
}
