package io.millrace.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheCopyTest {

    private static final TestFile SMALL = new TestFile(1, 5_000);
    private static final TestFile LARGE = new TestFile(2, 2L * BlockLayout.CHUNK_BYTES + 5);

    @TempDir Path root;

    private final ChunkBuffers buffers = new ChunkBuffers(2);

    @BeforeEach
    void fill() {
        try (CacheStore store =
                CacheStore.open(CacheSettings.of(root.resolve("from"), new ByteCount(1L << 30)))) {
            TestFiles.putAll(store, SMALL);
            TestFiles.putAll(store, LARGE);
        }
    }

    @Test
    void aCopyThatIsGivenUpTakesNothingFromOneThatCameLater() throws IOException {
        try (CacheDirectory from = take("from");
                CacheDirectory to = take("to")) {
            for (TestFile file : List.of(SMALL, LARGE)) {
                CacheCopy first = new CacheCopy(1, file.version(), file.length(), from, to);
                CacheCopy second = new CacheCopy(2, file.version(), file.length(), from, to);
                assertTrue(first.write(SyncPolicy.COMPLETE, buffers));
                assertTrue(second.write(SyncPolicy.COMPLETE, buffers));
                second.commit();
                first.abandon();
                assertTrue(Checksums.hold(to, file.version(), file.length(), buffers));
            }
            assertEquals(3, names("to"), "two files, and the checksums of one");
        }
    }

    @Test
    void aCopyThatIsGivenUpLeavesNothing() throws IOException {
        try (CacheDirectory from = take("from");
                CacheDirectory to = take("to")) {
            CacheCopy copy = new CacheCopy(1, LARGE.version(), LARGE.length(), from, to);
            assertTrue(copy.write(SyncPolicy.NEVER, buffers));
            copy.abandon();
            assertEquals(0, names("to"));
        }
    }

    private CacheDirectory take(String name) {
        return CacheDirectory.take(root.resolve(name), SyncPolicy.COMPLETE);
    }

    private long names(String directory) throws IOException {
        try (Stream<Path> all = Files.walk(new CacheLayout(root.resolve(directory)).files())) {
            return all.filter(Files::isRegularFile).count();
        }
    }
}
