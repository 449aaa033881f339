package io.millrace.block.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import org.junit.jupiter.api.Test;

class ReadAheadTest {

    private static final long MIB = 1 << 20;
    private static final FileVersion FILE = file("a");

    private final ReadAhead ahead = new ReadAhead(32 * MIB);

    private static FileVersion file(String key) {
        return new FileSource(1, key, "\"1\"", 1 << 30).fileVersion();
    }

    private long reached(long mebibyte) {
        return ahead.reached(FILE, new ByteRange(mebibyte * MIB, MIB));
    }

    @Test
    void whatIsFetchedGrowsWithASequentialRead() {
        assertEquals(0, reached(0));
        assertEquals((2 + 8) * MIB, reached(1));
        assertEquals((3 + 32) * MIB, reached(2));
        assertEquals((4 + 32) * MIB, reached(3));
    }

    @Test
    void severalReadsAtOnceAreHeardInAnyOrder() {
        assertEquals(0, reached(0));
        assertEquals((4 + 8) * MIB, reached(3));
        assertEquals((4 + 8) * MIB, reached(1));
        assertEquals((4 + 8) * MIB, reached(2));
        assertEquals((10 + 32) * MIB, reached(9));
        assertEquals((10 + 32) * MIB, reached(5));
    }

    @Test
    void readsFarFromEachOtherAreNotAStream() {
        for (long at : new long[] {700, 20, 300, 40, 900, 100}) {
            assertEquals(0, reached(at));
        }
    }

    @Test
    void aStreamThatJumpsBeginsAnew() {
        assertEquals(0, reached(0));
        assertEquals((2 + 8) * MIB, reached(1));
        assertEquals(0, reached(500));
        assertEquals((502 + 8) * MIB, reached(501));
    }

    @Test
    void filesAreApartAndNothingIsFetchedWhereThatIsSwitchedOff() {
        assertEquals(0, reached(0));
        assertEquals(0, ahead.reached(file("b"), new ByteRange(MIB, MIB)));
        ReadAhead none = new ReadAhead(0);
        assertEquals(0, none.reached(FILE, new ByteRange(0, MIB)));
        assertEquals(0, none.reached(FILE, new ByteRange(MIB, MIB)));
    }
}
