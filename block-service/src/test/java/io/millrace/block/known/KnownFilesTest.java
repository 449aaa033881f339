package io.millrace.block.known;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownFilesTest {

    @TempDir Path directory;

    private Instant now = Instant.ofEpochMilli(1_000);

    private static FileSource file(int directory, int number) {
        return new FileSource(1, "d" + directory + "/f" + number, "v", 10);
    }

    @Test
    void readsAreCountedAndCool() {
        KnownFiles files = new KnownFiles(10, () -> now);
        FileSource file = file(0, 0);
        files.loaded(file.fileVersion(), file);
        files.read(file.fileVersion(), file);
        files.read(file.fileVersion(), file);

        assertEquals(2, files.list().getFirst().heat());
        files.cool(0.5);
        assertEquals(1, files.list().getFirst().heat());
        assertEquals(new Directory(1, "d0"), files.list().getFirst().directory());
        assertEquals("f0".hashCode(), files.list().getFirst().nameHash());
    }

    @Test
    void theLastTimeAFileWasAskedForIsKept() {
        KnownFiles files = new KnownFiles(10, () -> now);
        FileSource file = file(0, 0);
        files.read(file.fileVersion(), file);
        now = now.plusMillis(500);
        files.loaded(file.fileVersion(), file);

        assertEquals(1_500, files.list().getFirst().askedMillis());
    }

    @Test
    void whatIsCachedNoLongerIsForgotten() {
        KnownFiles files = new KnownFiles(10, () -> now);
        files.read(file(0, 0).fileVersion(), file(0, 0));
        files.read(file(0, 1).fileVersion(), file(0, 1));

        now = now.plus(Duration.ofMinutes(9));
        files.prune(_ -> 0);
        assertEquals(2, files.size());
        now = now.plus(Duration.ofMinutes(2));
        files.prune(version -> version.equals(file(0, 1).fileVersion()) ? 1 : 0);

        assertEquals(1, files.size());
        assertEquals(file(0, 1).fileVersion(), files.list().getFirst().version());
    }

    @Test
    void whatIsAskedForSinceItWasListedIsNotForgotten() {
        KnownFiles files = new KnownFiles(10, () -> now);
        files.read(file(0, 0).fileVersion(), file(0, 0));
        List<KnownFiles.Known> listed = files.list();
        now = now.plusMillis(1);
        files.read(file(0, 0).fileVersion(), file(0, 0));

        files.forget(listed);

        assertEquals(1, files.size());
    }

    @Test
    void whatIsSavedIsKnownAfterARestart() throws IOException {
        KnownFiles files = new KnownFiles(10_000, () -> now);
        for (int i = 0; i < 3_000; i++) {
            now = now.plusMillis(1);
            files.read(file(i % 7, i).fileVersion(), file(i % 7, i));
        }
        KnownFilesFile disk = new KnownFilesFile(directory.resolve("known"));
        disk.save(files);
        disk.save(files);

        KnownFiles after = new KnownFiles(10_000, () -> now);
        disk.restore(after);

        assertEquals(new HashSet<>(files.list()), new HashSet<>(after.list()));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(1, left.count());
        }
    }

    @Test
    void whatWasAskedForSinceTheStartIsNotOverwrittenByWhatWasSaved() throws IOException {
        KnownFilesFile disk = new KnownFilesFile(directory.resolve("known"));
        KnownFiles before = new KnownFiles(10, () -> now);
        before.read(file(0, 0).fileVersion(), file(0, 0));
        disk.save(before);
        now = now.plusMillis(77);
        KnownFiles after = new KnownFiles(10, () -> now);
        after.read(file(0, 0).fileVersion(), file(0, 0));

        disk.restore(after);

        assertEquals(1_077, after.list().getFirst().askedMillis());
        assertEquals(1, after.size());
    }

    @Test
    void aDamagedFileIsAsGoodAsNone() throws IOException {
        Path path = directory.resolve("known");
        KnownFilesFile disk = new KnownFilesFile(path);
        KnownFiles files = new KnownFiles(100, () -> now);
        for (int i = 0; i < 20; i++) {
            files.read(file(i % 3, i).fileVersion(), file(i % 3, i));
        }
        disk.save(files);
        byte[] whole = Files.readAllBytes(path);
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x40;
            Files.write(path, damaged);
            KnownFiles after = new KnownFiles(100, () -> now);
            disk.restore(after);
            assertEquals(0, after.size(), "byte " + at);
            Files.write(path, Arrays.copyOf(whole, at));
            disk.restore(after);
            assertEquals(0, after.size(), "cut at " + at);
        }
        Files.delete(path);
        KnownFiles none = new KnownFiles(100, () -> now);
        disk.restore(none);
        assertEquals(0, none.size());
    }

    @Test
    void noMoreThanTheMostAreKeptAndOthersGetTheirPlaces() {
        KnownFiles files = new KnownFiles(2, () -> now);
        for (int i = 0; i < 3; i++) {
            files.read(file(0, i).fileVersion(), file(0, i));
        }
        assertEquals(2, files.size());

        files.forget(
                files.list().stream()
                        .filter(known -> known.version().equals(file(0, 0).fileVersion()))
                        .toList());
        files.read(file(0, 2).fileVersion(), file(0, 2));

        assertEquals(
                List.of(file(0, 1).fileVersion(), file(0, 2).fileVersion()),
                files.list().stream()
                        .map(KnownFiles.Known::version)
                        .sorted(
                                java.util.Comparator.comparing(
                                        v -> v.equals(file(0, 2).fileVersion())))
                        .toList());
    }

    @Test
    void anyHistoryLeavesWhatAMapWould() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        KnownFiles files = new KnownFiles(100_000, () -> now);
        Map<FileVersion, KnownFiles.Known> expected = new HashMap<>();
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 1_000; i++) {
                FileSource file = file(random.nextInt(50), random.nextInt(200));
                FileVersion version = file.fileVersion();
                files.read(version, file);
                expected.merge(
                        version,
                        new KnownFiles.Known(
                                version,
                                Directory.of(file),
                                KnownFiles.nameHash(file.key()),
                                1_000,
                                1),
                        (a, b) ->
                                new KnownFiles.Known(
                                        a.version(),
                                        a.directory(),
                                        a.nameHash(),
                                        a.askedMillis(),
                                        a.heat() + b.heat()));
            }
            List<KnownFiles.Known> gone = new ArrayList<>(expected.values());
            gone.removeIf(_ -> random.nextInt(3) != 0);
            files.forget(gone);
            gone.forEach(known -> expected.remove(known.version()));
            String where = "seed " + seed + " round " + round;
            assertEquals(expected.size(), files.size(), where);
            Map<FileVersion, KnownFiles.Known> seen = new HashMap<>();
            files.list().forEach(known -> seen.put(known.version(), known));
            assertTrue(seen.equals(expected), where);
        }
    }
}
