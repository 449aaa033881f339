package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.model.WorkerId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplicasTest {

    private static final WorkerId A = new WorkerId("a");
    private static final WorkerId B = new WorkerId("b");
    private static final WorkerId C = new WorkerId("c");

    private final Replicas replicas = new Replicas();

    @Test
    void filesTakeTurns() {
        Map<WorkerId, Integer> asked = new HashMap<>();
        for (int file = 0; file < 300; file++) {
            int turn = replicas.nextTurn();
            WorkerId first = replicas.order(List.of(A, B, C), turn).getFirst();
            assertEquals(first, replicas.order(List.of(A, B, C), turn).getFirst());
            asked.merge(first, 1, Integer::sum);
        }
        assertEquals(Map.of(A, 100, B, 100, C, 100), asked);
    }

    @Test
    void theLessLoadedOfTwoIsAskedFirst() {
        replicas.begin(A);
        for (int turn = 0; turn < 4; turn++) {
            assertEquals(List.of(B, A), replicas.order(List.of(A, B), turn));
        }
        replicas.begin(B);
        replicas.begin(B);
        assertEquals(List.of(A, B), replicas.order(List.of(A, B), 1));
        replicas.end(B);
        replicas.end(B);
        replicas.end(A);
        assertEquals(0, replicas.inFlight(A) + replicas.inFlight(B));
        assertEquals(List.of(A, B), replicas.order(List.of(A, B), 0));
        assertEquals(List.of(B, A), replicas.order(List.of(A, B), 1));
    }

    @Test
    void theOthersKeepTheOrderOfTheRing() {
        assertEquals(List.of(C, A, B), replicas.order(List.of(A, B, C), 2));
        assertEquals(List.of(A), replicas.order(List.of(A), 7));
        assertEquals(List.of(), replicas.order(List.of(), 7));
    }
}
