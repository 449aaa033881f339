package io.millrace.metadata.events;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.metadata.events.Sequencer.Dialect;
import io.millrace.metadata.events.Sequencer.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequencerTest {

    @ParameterizedTest
    @CsvSource({
        // The shorter one counts as padded with zeros on the right.
        "AWS, 0055AED6DCD90281E5, 0055AED6DCD90281E6, BEFORE",
        "AWS, 0055AED6DCD90281E5, 0055AED6DCD90281E500, SAME",
        "AWS, 0055aed6dcd90281e5, 0055AED6DCD90281E5, SAME",
        "AWS, 005, 0049, AFTER",
        "AWS, 0049, 00490001, BEFORE",
        "AWS, 000, 0, SAME",
        // Hex nanoseconds: a number.
        "MINIO, 1898A3C5D6E7F801, 1898A3C5D6E7F802, BEFORE",
        "MINIO, FFF, 1000, BEFORE",
        "MINIO, 00FFF, FFF, SAME",
        // Seconds and nanoseconds, each with its lowest byte first.
        "CEPH, FF00000000000000, 0001000000000000, BEFORE",
        "CEPH, 0100000000000000, 00000000FFFFFFFF, AFTER",
        "CEPH, 01000000FF000000, 0100000000010000, BEFORE",
        "CEPH, CEB1E56900105E1F, CEB1E56900105E1F, SAME",
    })
    void comparesAsItsDialectSays(Dialect dialect, String one, String other, Order order) {
        Sequencer first = Sequencer.parse(dialect, one).orElseThrow();
        Sequencer second = Sequencer.parse(dialect, other).orElseThrow();

        assertEquals(order, first.to(second));
        assertEquals(
                switch (order) {
                    case BEFORE -> Order.AFTER;
                    case AFTER -> Order.BEFORE;
                    case SAME -> Order.SAME;
                    case UNKNOWN -> Order.UNKNOWN;
                },
                second.to(first));
    }

    @ParameterizedTest
    @CsvSource({"AWS, xyz", "AWS, ''", "MINIO, 11898A3C5D6E7F801", "CEPH, 0100"})
    void whatIsNotOfTheDialectsFormIsNone(Dialect dialect, String text) {
        assertEquals(true, Sequencer.parse(dialect, text).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"AWS, MINIO", "MINIO, CEPH"})
    void dialectsDoNotCompare(Dialect one, Dialect other) {
        String text = "0100000000000000";

        assertEquals(
                Order.UNKNOWN,
                Sequencer.parse(one, text)
                        .orElseThrow()
                        .to(Sequencer.parse(other, text).orElseThrow()));
    }
}
