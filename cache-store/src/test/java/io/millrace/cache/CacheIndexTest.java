package io.millrace.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.TestFiles.TestFile;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.ByteCount;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheIndexTest {

    private static final int BYTES = 4096;
    private final TestFile file = new TestFile(1, BYTES);

    @TempDir Path directory;
    private CacheTier tier;
    private CacheIndex index;

    @BeforeEach
    void open() {
        CacheSettings settings =
                new CacheSettings(
                        List.of(
                                new CacheDirectorySettings(
                                        directory, new ByteCount(BYTES), new ByteCount(0))),
                        SyncPolicy.NEVER,
                        1,
                        EvictionKind.LRU,
                        new ByteCount(0));
        tier = CacheTier.takeAll(settings).getFirst();
        index = new CacheIndex(List.of(tier), EvictionKind.LRU, 1);
        index.recovered();
    }

    @AfterEach
    void close() {
        tier.directory().close();
    }

    private CacheEntry reference() {
        return Objects.requireNonNull(index.reference(file.version(), true, null));
    }

    @Test
    void aVictimThatIsUsedAgainByAnotherEntryIsNotDropped() {
        CacheEntry first = reference();
        first.moveTo(tier);
        assertTrue(index.reserve(tier, BYTES));
        index.stored(first, BYTES);
        assertSame(Released.Close.class, index.release(first).getClass());
        index.fold(first);

        CacheEntry victim = index.victims(tier, CacheClass.DEFAULT, BYTES).getFirst();
        index.fold(victim);
        CacheEntry reader = reference();

        assertNotSame(victim, reader);
        assertFalse(index.holdUnused(victim));
        assertFalse(index.markDropped(victim, CacheIndex.Users.NONE));
        index.touch(victim);
        assertEquals(BYTES, index.residentBytes(reader));
        assertTrue(index.markDropped(reader, CacheIndex.Users.CALLER));
        index.remove(reader, CacheIndex.Gone.OTHERWISE);
        index.touch(victim);
        assertFalse(index.markDropped(victim, CacheIndex.Users.ANY));
    }
}
