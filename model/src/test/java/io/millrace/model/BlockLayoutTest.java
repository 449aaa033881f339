package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockLayoutTest {

    private static final long MIB = 1 << 20;
    private static final BlockLayout LAYOUT = new BlockLayout(4 * MIB);

    @ParameterizedTest
    @CsvSource({"0, 1, 0", "1, 1, 1", "4194304, 1, 4", "4194305, 2, 5", "8388608, 2, 8"})
    void blocksAndChunksCoverTheFile(long length, int blocks, int chunks) {
        assertEquals(blocks, LAYOUT.blocks(length));
        assertEquals(chunks, BlockLayout.chunks(length));
        long covered = 0;
        for (int i = 0; i < blocks; i++) {
            assertEquals(covered, LAYOUT.range(i, length).offset());
            covered = LAYOUT.range(i, length).end();
        }
        assertEquals(length, covered);
    }

    @Test
    void aBlockThatIsNotThereIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> LAYOUT.range(1, 4 * MIB));
    }

    @Test
    void aFileOfFewBlocksIsPlacedWholeAndALargerOneBlockByBlock() {
        FileVersion version = new FileVersion(1, 2);
        long whole = 16 * 4 * MIB;
        assertEquals(new BlockId(version, 0), LAYOUT.placedBy(version, 15, whole));
        assertEquals(ByteRange.whole(whole), LAYOUT.placedWith(15, whole));
        assertEquals(new BlockId(version, 15), LAYOUT.placedBy(version, 15, whole + 1));
        assertEquals(new ByteRange(15 * 4 * MIB, 4 * MIB), LAYOUT.placedWith(15, whole + 1));
    }

    @Test
    void aBlockSizeThatCutsChunksIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new BlockLayout(MIB + 1));
    }

    @Test
    void aRangeIsCutAtTheEndOfTheFile() {
        assertEquals(ByteRange.between(5, 10), new ByteRange(5, 100).within(10));
        assertEquals(new ByteRange(10, 0), new ByteRange(50, 100).within(10));
    }
}
