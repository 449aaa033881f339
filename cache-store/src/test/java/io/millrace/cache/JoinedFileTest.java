package io.millrace.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import io.millrace.model.ByteRange;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinedFileTest {

    private static final int CHUNK = BlockLayout.CHUNK_BYTES;
    private static final TestFile FILE = new TestFile(1, 3L * CHUNK + 17);

    @TempDir Path directory;

    @Test
    void aFileWhoseChunksLieInTwoDirectoriesReadsAsOne() throws Exception {
        try (CacheStore first = open("a");
                CacheStore second = open("b");
                CacheReader reader =
                        CacheReaders.open(
                                List.of(directory.resolve("a"), directory.resolve("b")))) {
            put(first, 0, 2);
            put(second, 1);
            try (ResidentFile file = reader.open(FILE.version(), FILE.length()).orElseThrow()) {
                assertTrue(file.isResident(ByteRange.between(0, 3L * CHUNK)));
                assertFalse(file.isResident(ByteRange.between(3L * CHUNK, 3L * CHUNK + 1)));
                assertFalse(file.isComplete());

                ByteBuffer read = ByteBuffer.allocate(2 * CHUNK);
                file.read(read, CHUNK / 2);

                assertArrayEquals(expected(CHUNK / 2, 2 * CHUNK), read.array());

                put(second, 3);
                assertTrue(file.isComplete());
            }
        }
    }

    private CacheStore open(String name) {
        return CacheStore.open(
                CacheSettings.of(directory.resolve(name), new ByteCount(100L * CHUNK)));
    }

    private static void put(CacheStore store, int... chunks) {
        try (CachedFile file = store.open(FILE.version(), FILE.length())) {
            for (int chunk : chunks) {
                file.put(chunk, FILE.chunk(chunk));
            }
        }
    }

    private static byte[] expected(int offset, int length) {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(FILE.length()));
        for (int chunk = 0; chunk < FILE.chunks(); chunk++) {
            all.put(FILE.chunk(chunk));
        }
        byte[] part = new byte[length];
        all.get(offset, part);
        return part;
    }
}
