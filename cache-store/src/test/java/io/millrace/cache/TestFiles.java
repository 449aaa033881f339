package io.millrace.cache;

import static org.junit.jupiter.api.Assertions.fail;

import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** Files whose bytes follow from their number. */
final class TestFiles {

    private TestFiles() {}

    record TestFile(int number, long length) {

        FileVersion version() {
            return new FileSource(1, "file-" + number, "v1", length).fileVersion();
        }

        int chunks() {
            return BlockLayout.chunks(length);
        }

        ByteBuffer chunk(int chunk) {
            byte[] bytes = new byte[(int) BlockLayout.chunkRange(chunk, length).length()];
            new Random(number * 1_000_003L + chunk).nextBytes(bytes);
            return ByteBuffer.wrap(bytes);
        }
    }

    static void putAll(CacheStore store, TestFile file) {
        try (CachedFile open = store.open(file.version(), file.length())) {
            for (int chunk = 0; chunk < file.chunks(); chunk++) {
                open.put(chunk, file.chunk(chunk));
            }
        }
    }

    static ByteBuffer read(ResidentFile file, long length, int chunk) throws IOException {
        ByteRange range = BlockLayout.chunkRange(chunk, length);
        ByteBuffer bytes = ByteBuffer.allocate((int) range.length());
        file.read(bytes, range.offset());
        return bytes.flip();
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                fail("not within 20 s: " + what);
            }
            Thread.onSpinWait();
            java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
        }
    }
}
