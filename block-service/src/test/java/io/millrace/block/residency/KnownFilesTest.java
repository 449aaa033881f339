package io.millrace.block.residency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KnownFilesTest {

    private static FileSource file(int directory, int number) {
        return new FileSource(1, "d" + directory + "/f" + number, "v", 10);
    }

    @Test
    void readsAreCountedAndCool() {
        KnownFiles files = new KnownFiles(10);
        FileSource file = file(0, 0);
        files.loaded(file.fileVersion(), file);
        files.read(file.fileVersion(), file);
        files.read(file.fileVersion(), file);

        assertEquals(2, files.list(1).getFirst().heat());
        assertEquals(1, files.list(0.5).getFirst().heat());
        assertEquals(new Directory(1, "d0"), files.list(1).getFirst().directory());
    }

    @Test
    void noMoreThanTheMostAreKeptAndOthersGetTheirPlaces() {
        KnownFiles files = new KnownFiles(2);
        for (int i = 0; i < 3; i++) {
            files.read(file(0, i).fileVersion(), file(0, i));
        }
        assertEquals(2, files.size());

        files.forget(List.of(file(0, 0).fileVersion(), file(0, 2).fileVersion()));
        files.read(file(0, 2).fileVersion(), file(0, 2));

        assertEquals(
                List.of(file(0, 1).fileVersion(), file(0, 2).fileVersion()),
                files.list(1).stream()
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
        KnownFiles files = new KnownFiles(100_000);
        Map<FileVersion, KnownFiles.Known> expected = new HashMap<>();
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 1_000; i++) {
                FileSource file = file(random.nextInt(50), random.nextInt(200));
                FileVersion version = file.fileVersion();
                files.read(version, file);
                expected.merge(
                        version,
                        new KnownFiles.Known(version, Directory.of(file), 1),
                        (a, b) ->
                                new KnownFiles.Known(
                                        a.version(), a.directory(), a.heat() + b.heat()));
            }
            List<FileVersion> gone = new ArrayList<>(expected.keySet());
            gone.removeIf(_ -> random.nextInt(3) != 0);
            files.forget(gone);
            gone.forEach(expected::remove);
            String where = "seed " + seed + " round " + round;
            assertEquals(expected.size(), files.size(), where);
            Map<FileVersion, KnownFiles.Known> seen = new HashMap<>();
            files.list(1).forEach(known -> seen.put(known.version(), known));
            assertTrue(seen.equals(expected), where);
        }
    }
}
