package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the mount shows of a namespace that changes under it. */
@Timeout(120)
class ChangingNamespaceTest extends ScriptedMountTest {

    @Test
    void aChangedFileIsSeenByTheNextOpenAndNotByTheLast() throws Exception {
        file(ScriptedMetadata.ROOT, "a", 3_000_000, 1);
        Path a = mountPoint.resolve("a");
        byte[] old = content(3_000_000, 1);
        try (FileChannel open = FileChannel.open(a)) {
            assertEquals(old[0], readAt(open, 0));
            file(ScriptedMetadata.ROOT, "a", 2_000_000, 2);
            metadata.invalidate(ScriptedMetadata.ROOT, "a");
            Mounts.await("the new version is seen", () -> sizeOf(a) == 2_000_000);
            assertArrayEquals(content(2_000_000, 2), Files.readAllBytes(a));
            for (int at = 0; at < old.length; at += 99_991) {
                assertEquals(old[at], readAt(open, at));
            }
            assertEquals(old.length, open.size());
        }
    }

    @Test
    void aFileThatChangedInTheBucketAloneIsStaleAndThenNew() throws Exception {
        FileSource old = file(ScriptedMetadata.ROOT, "a", 100_000, 1);
        Path a = mountPoint.resolve("a");
        assertEquals(100_000, Files.size(a));
        one.stale(old);
        two.stale(old);
        file(ScriptedMetadata.ROOT, "a", 120_000, 2);
        IOException stale = assertThrows(IOException.class, () -> Files.readAllBytes(a));
        assertEquals("Stale file handle", stale.getMessage());
        Mounts.await("the new version is seen", () -> sizeOf(a) == 120_000);
        assertArrayEquals(content(120_000, 2), Files.readAllBytes(a));
    }

    @Test
    void aNewNameAndAVanishedOneAreSeenWhenTheWatchTellsThem() throws Exception {
        Path a = mountPoint.resolve("a");
        assertThrows(NoSuchFileException.class, () -> Files.size(a));
        file(ScriptedMetadata.ROOT, "a", 10, 1);
        metadata.invalidate(ScriptedMetadata.ROOT, "a");
        Mounts.await("it is there", () -> sizeOf(a) == 10);
        metadata.remove(ScriptedMetadata.ROOT, "a");
        metadata.invalidate(ScriptedMetadata.ROOT, "a");
        Mounts.await("it is gone", () -> sizeOf(a) == -1);
    }

    @Test
    void afterAResyncEverythingIsAskedAgain() throws Exception {
        file(ScriptedMetadata.ROOT, "a", 10, 1);
        assertEquals(10, Files.size(mountPoint.resolve("a")));
        file(ScriptedMetadata.ROOT, "a", 20, 2);
        metadata.resync();
        Mounts.await("the new version is seen", () -> sizeOf(mountPoint.resolve("a")) == 20);
    }

    @Test
    void whatIsKnownOutlivesMetadataService() throws Exception {
        file(ScriptedMetadata.ROOT, "known", 100_000, 1);
        metadata.validMillis = 1;
        assertEquals(100_000, Files.size(mountPoint.resolve("known")));
        metadata.stop();
        assertArrayEquals(content(100_000, 1), Files.readAllBytes(mountPoint.resolve("known")));
        IOException unknown =
                assertThrows(IOException.class, () -> Files.size(mountPoint.resolve("unknown")));
        assertTrue(
                String.valueOf(unknown.getMessage()).contains("Input/output error"), "" + unknown);
        file(ScriptedMetadata.ROOT, "unknown", 5, 1);
        metadata.restart();
        Mounts.await("it is found again", () -> sizeOf(mountPoint.resolve("unknown")) == 5);
    }

    @Test
    void aDirectoryOfManyEntriesIsListedInPages() throws Exception {
        long id = metadata.directory(ScriptedMetadata.ROOT, "many");
        FileSource source = source("x", 10, 1);
        for (int i = 0; i < 50_000; i++) {
            metadata.file(id, "entry-%06d".formatted(i), source);
        }
        try (Stream<Path> list = Files.list(mountPoint.resolve("many"))) {
            List<String> names = list.map(path -> path.getFileName().toString()).toList();
            assertEquals(50_000, names.size());
            for (int i = 0; i < 50_000; i++) {
                assertEquals("entry-%06d".formatted(i), names.get(i));
            }
        }
        assertEquals(25, metadata.pages.get());
        assertEquals(0, metadata.lookups.get() - 1, "only the directory itself is looked up");
    }

    @Test
    void aListingIsReadAgainWhenItChangedAndOnlyThen() throws Exception {
        long id = metadata.directory(ScriptedMetadata.ROOT, "d");
        for (int f = 0; f < 3_000; f++) {
            metadata.file(id, "f%04d".formatted(f), source("x", 10, 1));
        }
        Path d = mountPoint.resolve("d");
        assertEquals(3_000, names(d).size());
        int asked = metadata.pages.get();
        assertEquals(3_000, names(d).size());
        assertEquals(asked, metadata.pages.get());
        metadata.file(id, "f1000a", source("x", 10, 1));
        metadata.invalidate(id, "f1000a");
        Mounts.await("the new name is listed", () -> names(d).contains("f1000a"));
        metadata.remove(id, "f2999");
        metadata.invalidate(id, "f2999");
        Mounts.await("the old name is gone", () -> !names(d).contains("f2999"));
        assertEquals(3_000, names(d).size());
        metadata.validMillis = 1;
        metadata.resync();
        metadata.file(id, "unannounced", source("x", 10, 1));
        Mounts.await("it is listed after its time", () -> names(d).contains("unannounced"));
        metadata.remove(id, "unannounced");
        Mounts.await("and gone", () -> !names(d).contains("unannounced"));
    }

    private static List<String> names(Path directory) {
        String[] names = directory.toFile().list();
        return names == null ? List.of() : List.of(names);
    }

    @Test
    void whatAModelSaysTheMountShows() throws Exception {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("ChangingNamespaceTest: -Dmillrace.test.seed=" + seed);
        Random random = new Random(seed);
        Map<Integer, byte[]> model = new TreeMap<>();
        for (int step = 0; step < 200; step++) {
            int name = random.nextInt(8);
            Path path = mountPoint.resolve("f" + name);
            switch (random.nextInt(4)) {
                case 0 -> {
                    long content = random.nextLong();
                    int length = random.nextInt(400_000);
                    file(ScriptedMetadata.ROOT, "f" + name, length, content);
                    model.put(name, content(length, content));
                    metadata.invalidate(ScriptedMetadata.ROOT, "f" + name);
                    Mounts.await("a change is seen", () -> sizeOf(path) == length);
                }
                case 1 -> {
                    metadata.remove(ScriptedMetadata.ROOT, "f" + name);
                    model.remove(name);
                    metadata.invalidate(ScriptedMetadata.ROOT, "f" + name);
                    Mounts.await("a removal is seen", () -> sizeOf(path) == -1);
                }
                default -> {
                    byte[] expected = model.get(name);
                    if (expected == null) {
                        assertThrows(NoSuchFileException.class, () -> Files.readAllBytes(path));
                    } else {
                        assertArrayEquals(expected, Files.readAllBytes(path));
                    }
                }
            }
        }
    }

    private static byte readAt(FileChannel channel, long offset) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        assertEquals(1, channel.read(one, offset));
        return one.get(0);
    }
}
