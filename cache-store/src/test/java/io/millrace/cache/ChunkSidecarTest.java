package io.millrace.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.model.FileVersion;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class ChunkSidecarTest {

    private static final int AT_LENGTH = 32;

    @TempDir Path directory;

    @Test
    void aHeaderWhoseLengthTheDiskHasSpoiltIsNone() throws IOException {
        Path path = directory.resolve("table.chunks");
        var header =
                new ChunkSidecar.Header(
                        new FileVersion(1, 2), 3_000_000, UUID.randomUUID(), 4, false);
        ChunkSidecar.create(path, header).close();
        try (ChunkSidecar table = ChunkSidecar.open(path)) {
            assertEquals(Optional.of(header), table.header());
            for (int bit = 0; bit < 8; bit++) {
                for (int at = AT_LENGTH; at < AT_LENGTH + 5; at++) {
                    flip(path, at, 1 << bit);
                    assertEquals(Optional.empty(), table.header(), at + ", bit " + bit);
                    flip(path, at, 1 << bit);
                }
            }
        }
    }

    private static void flip(Path path, int at, int bits) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(old ^ bits);
        }
    }
}
